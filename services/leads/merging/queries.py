"""What a merge moves, and what its undoing needs to know."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

import msgspec

from crmkit.db.reading import Reading
from crmkit.db.rows import plan, row
from crmkit.db.tables import Record
from crmkit.kernel.errors import Conflict
from services.leads.activity.models import Activity
from services.leads.lead.models import Lead
from services.leads.merging.domain import MOST_RECORDS

R = TypeVar("R", bound=Record)

_ABOUT = f"where tenant_id = $1 and lead_id = any($2::uuid[]) order by id limit {MOST_RECORDS + 1}"
_MOVED = "where tenant_id = $1 and lead_id = $2 and id = any($3::uuid[])"
_ABSORBED = f"""
{plan(Lead).select} where tenant_id = $1 and merged_into = $2 and merge_version = (
  select max(merge_version) from lead where tenant_id = $1 and merged_into = $2)
"""
_STEPS = f"""
{plan(Activity).select}
where tenant_id = $1 and follow_up_plan_id = any($2::uuid[]) and lead_id = $3
"""
_EVENTS = """
select aggregate_id, data, salt from event
where tenant_id = $1 and (aggregate_id, version) in (select * from unnest($2::uuid[], $3::int[]))
"""


_ABSORBED_AT = """
select aggregate_id, max(version) as version from event
where tenant_id = $1 and aggregate_id = any($2::uuid[]) and type = 'lead.absorbed.v1'
group by aggregate_id
"""


@dataclass(frozen=True, slots=True)
class Told:
    """What an event changed, as the row's columns had it before and after."""

    before: dict[str, Any]
    after: dict[str, Any]


async def list_about(reading: Reading, cls: type[R], leads: Sequence[UUID]) -> list[R]:
    """The rows about these leads, deleted ones as well; one more than may be moved at most."""
    sql = f"{plan(cls).select} {_ABOUT}"
    found = await reading.fetch(sql, reading.tenant_id, list(leads))
    return [row(cls, each) for each in found]


async def list_moved(
    reading: Reading, cls: type[R], lead_id: UUID, moved: Sequence[str]
) -> list[R]:
    """Those of the rows that are still about the lead they were moved to."""
    ids = [UUID(each) for each in moved]
    sql = f"{plan(cls).select} {_MOVED}"
    found = await reading.fetch(sql, reading.tenant_id, lead_id, ids)
    return [row(cls, each) for each in found]


async def list_steps(reading: Reading, lead_id: UUID, plans: Sequence[UUID]) -> list[Activity]:
    """The steps of these follow-ups that are about a lead."""
    if not plans:
        return []
    found = await reading.fetch(_STEPS, reading.tenant_id, list(plans), lead_id)
    return [row(Activity, each) for each in found]


async def list_stopped(reading: Reading, records: Sequence[Record]) -> dict[UUID, dict[str, Any]]:
    """Of those that the merge stopped as it moved them, and that nobody has changed since, what
    they were before; by id."""
    told: dict[UUID, dict[str, Any]] = {}
    for cls in {type(each) for each in records}:
        own = [(each.id, each.version) for each in records if type(each) is cls]
        for row_id, change in (await _changes(reading, cls, own)).items():
            if {"lead_id", "status"} <= change.before.keys():
                told[row_id] = {n: v for n, v in change.before.items() if n != "lead_id"}
    return told


async def list_absorbed(reading: Reading, lead_id: UUID) -> list[Lead]:
    """The leads that went into this one last, together."""
    found = await reading.fetch(_ABSORBED, reading.tenant_id, lead_id)
    return [row(Lead, each) for each in found]


async def list_absorptions(reading: Reading, leads: Sequence[Lead]) -> list[tuple[UUID, int]]:
    """By which event each of these leads last went into another one, by record and version."""
    ids = [lead.id for lead in leads]
    found = await reading.fetch(_ABSORBED_AT, reading.tenant_id, ids)
    return [(each["aggregate_id"], each["version"]) for each in found]


async def list_told(
    reading: Reading, cls: type[Record], events: Sequence[tuple[UUID, int]]
) -> dict[UUID, Told]:
    """What each of these events, named by record and version, changed.

    Conflict `lead.merge_forgotten` where one of them was erased.
    """
    told = await _changes(reading, cls, events)
    if len(told) < len(events):
        raise Conflict("what was before the merge was erased", code="lead.merge_forgotten")
    return told


async def _changes(
    reading: Reading, cls: type[Record], events: Sequence[tuple[UUID, int]]
) -> dict[UUID, Told]:
    records, versions = ([each[place] for each in events] for place in (0, 1))
    found = await reading.fetch(_EVENTS, reading.tenant_id, records, versions)
    return {each["aggregate_id"]: _told(cls, each["data"]) for each in found if each["salt"]}


def _told(cls: type[Record], data: str) -> Told:
    changed: dict[str, tuple[Any, Any]] = msgspec.json.decode(data)["changed"]
    before, after = (
        _columns(cls, {name: values[place] for name, values in changed.items()}) for place in (0, 1)
    )
    return Told(before, after)


def _columns(cls: type[Record], values: dict[str, Any]) -> dict[str, Any]:
    decoded = plan(cls).decode(msgspec.json.encode(values).decode())
    return {name: decoded[name] for name in values}
