"""Who is one person, and everything kept of them."""

import json
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from crmkit.components.jobs.importer import DECODE, ENCODE
from crmkit.db.listing import Listing
from crmkit.db.reading import Reading
from crmkit.db.rows import plan, row
from crmkit.db.tables import Record
from crmkit.db.writing import Aside
from services.leads.erasure import statements
from services.leads.erasure.domain import MOST_RECORDS, names, words_of
from services.leads.erasure.models import Erasure
from services.leads.form.models import CaptureFailure

R = TypeVar("R", bound=Record)

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
    reading: Reading, cls: type[R], columns: Sequence[str], person: Sequence[UUID]
) -> list[R]:
    """Rows about a person of which nothing was erased, deleted ones as well; one more than may be
    erased at most."""
    theirs = " or ".join(f"{column} = any($2::uuid[])" for column in columns)
    sql = f"""{plan(cls).select} where tenant_id = $1 and ({theirs}) and erased_at is null
order by id limit {MOST_RECORDS + 1}"""
    return [row(cls, each) for each in await reading.fetch(sql, reading.tenant_id, list(person))]


async def list_failures(reading: Reading, identifiers: Collection[str]) -> list[CaptureFailure]:
    """What forms refused of somebody who is named like this."""
    sql = f"{plan(CaptureFailure).select} {statements.NAMING_FAILURES}"
    found = await reading.fetch(sql, reading.tenant_id, sorted(identifiers))
    failures = [row(CaptureFailure, each) for each in found]
    return [each for each in failures if names(identifiers, each.sent.values())]


async def count_under_way(reading: Reading) -> int:
    """How many imports and exports that tell of people have not ended."""
    ((count,),) = await reading.fetch(statements.UNDER_WAY, reading.tenant_id)
    return int(count)


async def files_emptied(
    reading: Reading, identifiers: Collection[str], since: datetime
) -> list[Aside]:
    """What takes the person out of the files of imports and exports: files that ended `since` go,
    of rows that imports refused the values go where they name the person."""
    asides = []
    for each in statements.FILES_OF:
        asides.append(Aside(statements.DROP_FILES.format(each), (since,)))
        naming = statements.NAMING_RESULTS.format(each)
        found = await reading.fetch(naming, reading.tenant_id, sorted(identifiers))
        if found:
            parts = (
                [part["id"] for part in found],
                [_without(identifiers, part["data"]) for part in found],
            )
            asides.append(Aside(statements.EMPTY_RESULTS.format(each), parts, len(found)))
    return asides


async def messages_emptied(
    reading: Reading, identifiers: frozenset[str], records: Collection[UUID]
) -> list[Aside]:
    """What takes the person out of messages of other systems: of theirs, and of those that became
    no lead and name them; and out of what was answered when one was played again."""
    shown = sorted(identifiers | {json.dumps(each)[1:-1] for each in identifiers})
    found = await reading.fetch(statements.NAMING_MESSAGES, reading.tenant_id, list(records), shown)
    named = [
        each["id"]
        for each in found
        if each["lead_id"] in records or names(identifiers, words_of(each["body"]))
    ]
    return [
        Aside(statements.EMPTY_MESSAGES, (named,), len(named)),
        Aside(statements.EMPTY_REPLAYS, ([str(each) for each in named],)),
    ]


def _without(identifiers: Collection[str], data: bytes) -> bytes:
    result = DECODE(data)
    result.refused = [
        (number, code, detail, [""] * len(values) if names(identifiers, values) else values)
        for number, code, detail, values in result.refused
    ]
    return ENCODE(result)
