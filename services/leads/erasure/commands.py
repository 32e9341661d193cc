"""删除个人信息 a person's data is erased, with everything that tells of them, in one statement."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from crmkit.components.jobs.erasing import (
    begin_anew,
    files_emptied,
    given_up,
    hold_exports,
    list_exports,
)
from crmkit.components.jobs.subject import Jobs
from crmkit.db.erasing import erase_records, erased
from crmkit.db.executor import locking
from crmkit.db.tables import Record
from crmkit.db.writing import Tx
from crmkit.events.envelope import Event
from crmkit.events.leads_erasure import (
    AccountErased,
    AccountJobErased,
    ActivityErased,
    ActivityJobErased,
    CaptureFailureErased,
    ChannelPartnerErased,
    ContactErased,
    ContactJobErased,
    EnquiryErased,
    ErasureRecorded,
    FeedbackErased,
    FeedbackJobErased,
    LeadErased,
    LeadJobErased,
    LeadsViewErased,
    SegmentErased,
    SurveyErased,
    VisitErased,
    VisitJobErased,
    VisitorSurveyErased,
)
from crmkit.kernel.identifiers import named_by, names
from services.leads.account.commands import JOBS as account_jobs
from services.leads.account.models import Account
from services.leads.activity.commands import JOBS as activity_jobs
from services.leads.activity.models import Activity
from services.leads.contact.commands import JOBS as contact_jobs
from services.leads.contact.models import Contact
from services.leads.erasure.domain import ErasureKind, demand_few
from services.leads.erasure.models import Erasure
from services.leads.erasure.queries import (
    list_about,
    list_accounts,
    list_failures,
    list_person,
    list_questions,
    messages_emptied,
)
from services.leads.erasure.schemas import EraseRecord
from services.leads.feedback.commands import JOBS as feedback_jobs
from services.leads.feedback.models import Feedback
from services.leads.lead.commands import JOBS as lead_jobs
from services.leads.lead.models import Lead
from services.leads.partner.models import ChannelPartner
from services.leads.questionnaire.models import VisitorSurvey
from services.leads.reception.commands import JOBS as visit_jobs
from services.leads.reception.models import Enquiry, Visit
from services.leads.survey.models import Survey
from services.leads.view.models import LeadsView

R = TypeVar("R", bound=Record)
Emptied = tuple[Record, type[Event[Any]]]
"""A record, and the event that tells that it was emptied."""


class Matter(NamedTuple):
    """Who is erased, on which ground, and who asked for it."""

    kind: ErasureKind
    subject_id: UUID
    asked: EraseRecord
    owner_id: UUID
    team: str


class Trace(NamedTuple):
    """Records that tell of a person, the event that tells that one was emptied, and the columns by
    which it is theirs."""

    cls: type[Record]
    event: type[Event[Any]]
    columns: tuple[str, ...]


class Exports(NamedTuple):
    """Exports of people, and the event that tells that what one asked for was emptied."""

    jobs: Jobs
    event: type[Event[Any]]


class Question(NamedTuple):
    """What asked for a person, the event that tells that it was emptied, and what becomes of it."""

    record: Record
    event: type[Event[Any]]
    left: dict[str, Any]


TRACES = [
    Trace(Contact, ContactErased, ("id",)),
    Trace(Lead, LeadErased, ("id",)),
    Trace(Activity, ActivityErased, ("lead_id", "contact_id")),
    Trace(Visit, VisitErased, ("lead_id",)),
    Trace(Enquiry, EnquiryErased, ("lead_id",)),
    Trace(VisitorSurvey, VisitorSurveyErased, ("lead_id",)),
    Trace(Survey, SurveyErased, ("contact_id",)),
    Trace(Feedback, FeedbackErased, ("lead_id",)),
]
ACCOUNT_TRACES = [
    Trace(Account, AccountErased, ("id",)),
    Trace(Activity, ActivityErased, ("account_id",)),
    Trace(Survey, SurveyErased, ("account_id",)),
    Trace(ChannelPartner, ChannelPartnerErased, ("account_id",)),
]
"""What tells of a person by their account alone."""

DEAL_TRACES = [Trace(Activity, ActivityErased, ("opportunity_id",))]
"""What tells of a person by a deal that bears their name, as far as a lead became it."""

EXPORTS = [
    Exports(lead_jobs, LeadJobErased),
    Exports(contact_jobs, ContactJobErased),
    Exports(activity_jobs, ActivityJobErased),
    Exports(account_jobs, AccountJobErased),
    Exports(visit_jobs, VisitJobErased),
    Exports(feedback_jobs, FeedbackJobErased),
]
FILES = [each.jobs for each in EXPORTS]
"""Records whose imports and exports tell of people."""

_IDENTIFYING = ("name", "contact_name", "email", "phone")


@locking
async def erase_contact(tx: Tx, contact_id: UUID, asked: EraseRecord) -> Contact:
    """Erase somebody at an account, and the leads that became them.

    Deleted ones as well. Whoever is erased already stays as they are, unless something new tells
    of them. An account that bears their name, as conversion names one where no company is given,
    goes with them. Conflict `erasure.jobs_under_way`, `erasure.too_large`.
    """
    return await _erase(tx, Contact, ErasureKind.CONTACT, contact_id, asked)


@locking
async def erase_lead(tx: Tx, lead_id: UUID, asked: EraseRecord) -> Lead:
    """Erase who a lead is about, with the contact they became and the leads that are one with it.

    Deleted ones as well; figures stay. See `erase_contact`.
    """
    return await _erase(tx, Lead, ErasureKind.LEAD, lead_id, asked)


@locking
async def erase_account(tx: Tx, account_id: UUID, asked: EraseRecord) -> Account:
    """Erase an account that is a person, with its contacts, its leads, and who they are.

    Its deals are emptied by opportunities when it hears of it; contracts and due diligence stay, as
    laws ask. See `erase_contact`.
    """
    return await _erase(tx, Account, ErasureKind.ACCOUNT, account_id, asked)


async def _erase(
    tx: Tx, cls: type[R], kind: ErasureKind, subject_id: UUID, asked: EraseRecord
) -> R:
    tx.policy.demand(tx.actor, "erasure", "create")
    await hold_exports(tx)  # before any row: two erasures of one person take turns here
    subject = await tx.take_any(cls, subject_id)
    found = await _list_everything(tx, subject_id)
    if found:
        matter = Matter(kind, subject_id, asked, tx.actor.member_id, tx.actor.team)
        await _empty(tx, matter, found)
    return erased(tx, subject)


async def erase_rest(tx: Tx, matter: Matter, until: datetime) -> Erasure | None:
    """Erase what came in of somebody while they were erased: what there was by then and tells of
    them by their ids. Whatever somebody has written since was written knowing of it, and stays."""
    await hold_exports(tx)
    found = await _list_everything(tx, matter.subject_id)
    rest = [(record, event) for record, event in found if record.created_at <= until]
    return await _empty(tx, matter, rest) if rest else None


async def _empty(tx: Tx, matter: Matter, found: list[Emptied]) -> Erasure:
    identifiers = named_by(_identifying(found))
    refused = await list_failures(tx, identifiers)
    found += _emptied_by(CaptureFailureErased, refused)
    moved = await begin_anew(tx, FILES, stop_imports=matter.asked.stop_imports)
    since = min(record.created_at for record, _ in found)
    asked = await _list_asked(tx, identifiers)
    also = _deals_of(found, identifiers) | {each.id: left for each, _, left in asked}
    found += [(record, event) for record, event, _ in asked]
    demand_few(len(found))
    events = await erase_records(tx, found, also)
    tx.asides += await messages_emptied(tx, identifiers, [record.id for record, _ in found])
    tx.asides += await files_emptied(tx, FILES, moved, identifiers, since)
    return tx.create(
        Erasure,
        ErasureRecorded,
        kind=matter.kind,
        subject_id=matter.subject_id,
        reason=matter.asked.reason,
        reference=matter.asked.reference,
        records=len(found),
        events=events,
        owner_id=matter.owner_id,
        team=matter.team,
    )


async def _list_everything(tx: Tx, subject_id: UUID) -> list[Emptied]:
    person = await list_person(tx, subject_id)
    found = await _list_traces(tx, TRACES, person)
    identifiers = named_by(_identifying(found))
    accounts = await list_accounts(tx, subject_id, [each for each, _ in found], identifiers)
    of = [*(each.id for each in accounts), subject_id]  # which may be an account erased before
    found += await _list_traces(tx, ACCOUNT_TRACES, of)
    found += await _list_traces(tx, DEAL_TRACES, _bearing(found, identifiers).values())
    return list({record.id: (record, event) for record, event in found}.values())


async def _list_asked(tx: Tx, identifiers: frozenset[str]) -> list[Question]:
    """Views, segments and exports that ask for the person by what names them, and what becomes of
    each: without its filter it would show everybody."""
    found = []
    for each in await list_questions(tx, identifiers):
        gone = {"deleted_at": each.deleted_at or tx.now}
        if isinstance(each, LeadsView):
            found.append(Question(each, LeadsViewErased, gone | {"is_default": False}))
        else:
            found.append(Question(each, SegmentErased, gone))
    for jobs, event in EXPORTS:
        exports = await list_exports(tx, jobs, identifiers)
        found += [Question(each, event, given_up(tx, each)) for each in exports]
    return found


async def _list_traces(tx: Tx, traces: Sequence[Trace], of: Collection[UUID]) -> list[Emptied]:
    found: list[Emptied] = []
    for cls, event, columns in traces:
        found += _emptied_by(event, await list_about(tx, cls, columns, of))
    return found


def _deals_of(found: Sequence[Emptied], identifiers: frozenset[str]) -> dict[UUID, dict[str, Any]]:
    """Which leads tell opportunities that the deal they became bears the person's name."""
    return {lead: {"deal_erased": True} for lead in _bearing(found, identifiers)}


def _bearing(found: Sequence[Emptied], identifiers: frozenset[str]) -> dict[UUID, UUID]:
    """The deals that bear the person's name, by the leads that became them."""
    accounts = {record.id for record, _ in found if isinstance(record, Account)}
    return {
        each.id: each.opportunity_id
        for each, _ in found
        if isinstance(each, Lead)
        and each.opportunity_id is not None
        and (each.account_id in accounts or names(identifiers, [each.opportunity_name]))
    }


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
