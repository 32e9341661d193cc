"""What a merge moves, and what its undoing needs to know."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec

from crmkit.db.reading import Reading
from crmkit.db.rows import plan, row
from crmkit.db.tables import Record
from crmkit.kernel.errors import Conflict
from services.leads.activity.models import Activity
from services.leads.lead.models import Lead
from services.leads.merging.domain import MOST_ACTIVITIES

_ACTIVITIES = f"""
{plan(Activity).select} where tenant_id = $1 and lead_id = any($2::uuid[]) and deleted_at is null
order by id limit {MOST_ACTIVITIES + 1}
"""
_MOVED = f"""
{plan(Activity).select} where tenant_id = $1 and lead_id = $2 and id = any($3::uuid[])
and deleted_at is null
"""
_ABSORBED = f"""
{plan(Lead).select} where tenant_id = $1 and merged_into = $2 and merge_version = (
  select max(merge_version) from lead where tenant_id = $1 and merged_into = $2)
"""
_EVENTS = """
select aggregate_id, data from event
where tenant_id = $1 and (aggregate_id, version) in (select * from unnest($2::uuid[], $3::int[]))
"""


@dataclass(frozen=True, slots=True)
class Told:
    """What an event changed, as the row's columns had it before and after."""

    before: dict[str, Any]
    after: dict[str, Any]


async def list_activities(reading: Reading, leads: Sequence[UUID]) -> list[Activity]:
    """What anybody did or plans about these leads; one more than may be moved at most."""
    found = await reading.fetch(_ACTIVITIES, reading.tenant_id, list(leads))
    return [row(Activity, each) for each in found]


async def list_moved(reading: Reading, lead_id: UUID, moved: Sequence[str]) -> list[Activity]:
    """Those of the activities that are still about the lead they were moved to."""
    ids = [UUID(each) for each in moved]
    found = await reading.fetch(_MOVED, reading.tenant_id, lead_id, ids)
    return [row(Activity, each) for each in found]


async def list_absorbed(reading: Reading, lead_id: UUID) -> list[Lead]:
    """The leads that went into this one last, together."""
    found = await reading.fetch(_ABSORBED, reading.tenant_id, lead_id)
    return [row(Lead, each) for each in found]


async def list_told(
    reading: Reading, cls: type[Record], events: Sequence[tuple[UUID, int]]
) -> dict[UUID, Told]:
    """What each of these events, named by record and version, changed.

    Conflict `lead.merge_forgotten` where one of them was erased.
    """
    records, versions = ([each[place] for each in events] for place in (0, 1))
    found = await reading.fetch(_EVENTS, reading.tenant_id, records, versions)
    told = {each["aggregate_id"]: _told(cls, each["data"]) for each in found if each["data"]}
    if len(told) < len(events):
        raise Conflict("what was before the merge was erased", code="lead.merge_forgotten")
    return told


def _told(cls: type[Record], data: str) -> Told:
    changed: dict[str, tuple[Any, Any]] = msgspec.json.decode(data)["changed"]
    before, after = (
        _columns(cls, {name: values[place] for name, values in changed.items()}) for place in (0, 1)
    )
    return Told(before, after)


def _columns(cls: type[Record], values: dict[str, Any]) -> dict[str, Any]:
    decoded = plan(cls).decode(msgspec.json.encode(values).decode())
    return {name: decoded[name] for name in values}
