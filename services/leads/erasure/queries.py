"""Who is one person, and everything kept of them."""

from collections.abc import Collection, Sequence
from typing import TypeVar
from uuid import UUID

from crmkit.db.listing import Listing
from crmkit.db.reading import Reading
from crmkit.db.rows import plan, row
from crmkit.db.tables import Record
from crmkit.db.walking import walk
from crmkit.db.writing import Aside
from crmkit.kernel.identifiers import in_json, is_asked_by, names
from services.leads.account.models import Account
from services.leads.contact.models import Contact
from services.leads.erasure import statements
from services.leads.erasure.domain import MOST_RECORDS, words_of
from services.leads.erasure.models import Erasure
from services.leads.form.models import CaptureFailure
from services.leads.lead.models import Lead
from services.leads.segment.models import Segment
from services.leads.view.models import LeadsView

R = TypeVar("R", bound=Record)
Question = LeadsView | Segment

ERASURES = Listing(
    Erasure,
    filters=("kind", "subject_id", "reason", "reference", "owner_id", "created_at"),
    sorts=("created_at",),
    default="-created_at",
)


async def list_person(reading: Reading, subject_id: UUID) -> list[UUID]:
    """The ids of the contacts and leads that are one person with this one, itself among them."""
    found = await reading.fetch(statements.PERSON, reading.tenant_id, subject_id)
    return [each["id"] for each in found]


async def list_about(
    reading: Reading, cls: type[R], columns: Sequence[str], person: Collection[UUID]
) -> list[R]:
    """Rows about a person of which nothing was erased, deleted ones as well; one more than may be
    erased at most."""
    theirs = " or ".join(f"{column} = any($2::uuid[])" for column in columns)
    sql = f"""{plan(cls).select} where tenant_id = $1 and ({theirs}) and erased_at is null
order by id limit {MOST_RECORDS + 1}"""
    return [row(cls, each) for each in await reading.fetch(sql, reading.tenant_id, list(person))]


async def list_failures(reading: Reading, identifiers: Collection[str]) -> list[CaptureFailure]:
    """What forms refused of somebody who is named like this."""
    found = walk(reading, statements.FAILURES, in_json(identifiers))
    failures = [row(CaptureFailure, each) async for each in found]
    return [each for each in failures if names(identifiers, each.sent.values())]


async def list_accounts(
    reading: Reading, subject_id: UUID, person: Sequence[Record], identifiers: Collection[str]
) -> list[Account]:
    """The accounts that are a person's: the one that is to be erased, and what bears the person's
    name, as one does that conversion named, unless other people are there as well: that is an
    organisation, whatever somebody has written down as their name."""
    about = [each.account_id for each in person if isinstance(each, Lead | Contact)]
    theirs = [each for each in about if each is not None], subject_id, [each.id for each in person]
    found = await reading.fetch(statements.ACCOUNTS, reading.tenant_id, *theirs)
    accounts = [row(Account, each) for each in found]
    return [
        each
        for each in accounts
        if subject_id in (each.id, each.merged_into) or names(identifiers, [each.name])
    ]


async def list_questions(reading: Reading, identifiers: Collection[str]) -> list[Question]:
    """The views and segments that ask for somebody, deleted ones as well."""
    told = in_json(identifiers)
    views = [row(LeadsView, each) async for each in walk(reading, statements.VIEWS, told)]
    segments = [row(Segment, each) async for each in walk(reading, statements.SEGMENTS, told)]
    return [
        *(each for each in views if is_asked_by(identifiers, each.filter, each.name)),
        *(each for each in segments if is_asked_by(identifiers, each.filter, each.name, each.note)),
    ]


async def messages_emptied(
    reading: Reading, identifiers: frozenset[str], records: Collection[UUID]
) -> list[Aside]:
    """What takes the person out of messages of other systems: of theirs, and of those that became
    no lead and name them; and out of what was answered when one was played again."""
    found = walk(reading, statements.MESSAGES, list(records), in_json(identifiers))
    named = [
        each["id"]
        async for each in found
        if each["lead_id"] in records or names(identifiers, words_of(each["body"]))
    ]
    return [
        Aside(statements.EMPTY_MESSAGES, (named,), len(named)),
        Aside(statements.EMPTY_REPLAYS, ([str(each) for each in named],)),
    ]
