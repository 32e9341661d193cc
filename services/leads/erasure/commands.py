"""删除个人信息 a person's data is erased, with everything that tells of them, in one statement."""

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from crmkit.db.erasing import erase_records, erased
from crmkit.db.executor import locking
from crmkit.db.tables import Record
from crmkit.db.writing import Tx
from crmkit.events.envelope import Event
from crmkit.events.leads_erasure import (
    ActivityErased,
    CaptureFailureErased,
    ContactErased,
    EnquiryErased,
    ErasureRecorded,
    LeadErased,
    SurveyErased,
    VisitErased,
    VisitorSurveyErased,
)
from services.leads.activity.models import Activity
from services.leads.contact.models import Contact
from services.leads.erasure.domain import ErasureKind, demand_few, demand_no_jobs, named_by
from services.leads.erasure.models import Erasure
from services.leads.erasure.queries import (
    count_under_way,
    files_emptied,
    list_about,
    list_failures,
    list_person,
    messages_emptied,
)
from services.leads.erasure.schemas import EraseRecord
from services.leads.lead.models import Lead
from services.leads.questionnaire.models import VisitorSurvey
from services.leads.reception.models import Enquiry, Visit
from services.leads.survey.models import Survey

R = TypeVar("R", bound=Record)
Emptied = tuple[Record, type[Event[Any]]]
"""A record, and the event that tells that it was emptied."""


class Trace(NamedTuple):
    """Records that tell of a person, the event that tells that one was emptied, and the columns by
    which it is theirs."""

    cls: type[Record]
    event: type[Event[Any]]
    columns: tuple[str, ...]


TRACES = [
    Trace(Contact, ContactErased, ("id",)),
    Trace(Lead, LeadErased, ("id",)),
    Trace(Activity, ActivityErased, ("lead_id", "contact_id")),
    Trace(Visit, VisitErased, ("lead_id",)),
    Trace(Enquiry, EnquiryErased, ("lead_id",)),
    Trace(VisitorSurvey, VisitorSurveyErased, ("lead_id",)),
    Trace(Survey, SurveyErased, ("contact_id",)),
]
_IDENTIFYING = ("name", "contact_name", "email", "phone")


@locking
async def erase_contact(tx: Tx, contact_id: UUID, asked: EraseRecord) -> Contact:
    """Erase somebody at an account, and the leads that became them.

    Deleted ones as well. Whoever is erased already stays as they are, unless something new tells
    of them. Conflict `erasure.jobs_under_way`, `erasure.too_large`.
    """
    return await _erase(tx, Contact, ErasureKind.CONTACT, contact_id, asked)


@locking
async def erase_lead(tx: Tx, lead_id: UUID, asked: EraseRecord) -> Lead:
    """Erase who a lead is about, with the contact they became and the leads that are one with it.

    Deleted ones as well; figures stay. See `erase_contact`.
    """
    return await _erase(tx, Lead, ErasureKind.LEAD, lead_id, asked)


async def _erase(
    tx: Tx, cls: type[R], kind: ErasureKind, subject_id: UUID, asked: EraseRecord
) -> R:
    tx.policy.demand(tx.actor, "erasure", "create")
    subject = await tx.take_any(cls, subject_id)
    found = await _list_everything(tx, subject_id)
    if not found:
        return subject
    identifiers = named_by(_identifying(found))
    refused = await list_failures(tx, identifiers)
    found += _emptied_by(CaptureFailureErased, refused)
    demand_few(len(found))
    demand_no_jobs(await count_under_way(tx))
    events = await erase_records(tx, found)
    since = min(record.created_at for record, _ in found)
    tx.asides += await messages_emptied(tx, identifiers, [record.id for record, _ in found])
    tx.asides += await files_emptied(tx, identifiers, since)
    tx.create(
        Erasure,
        ErasureRecorded,
        kind=kind,
        subject_id=subject_id,
        **asked.model_dump(),
        records=len(found),
        events=events,
        owner_id=tx.actor.member_id,
        team=tx.actor.team,
    )
    return erased(tx, subject)


async def _list_everything(tx: Tx, subject_id: UUID) -> list[Emptied]:
    person = await list_person(tx, subject_id)
    found: list[Emptied] = []
    for cls, event, columns in TRACES:
        found += _emptied_by(event, await list_about(tx, cls, columns, person))
    return found


def _emptied_by(event: type[Event[Any]], records: Sequence[Record]) -> list[Emptied]:
    return [(record, event) for record in records]


def _identifying(found: Sequence[Emptied]) -> list[str | None]:
    """Names, numbers and addresses, of any of the records."""
    return [
        vars(record)[name]
        for record, event in found
        for name in _IDENTIFYING
        if name in event.state_type.personal
    ]
