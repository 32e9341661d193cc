"""Every list of plans, and how far those who made them have come."""

from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from crmkit.components.dated import DatedListing
from crmkit.components.directory import tenant
from crmkit.db.reading import Reading
from crmkit.kernel.access import Scope, scope_sql
from crmkit.kernel.period import Period, start_of
from services.leads.activity.domain import ON_SITE, ActivityKind
from services.leads.activity.models import Activity
from services.leads.workplan.domain import completion
from services.leads.workplan.models import WorkPlan

WORK_PLANS = DatedListing(
    WorkPlan,
    filters=(
        "period",
        "starts_on",
        "ends_on",
        "owner_id",
        "team",
        "region",
        "submitted_at",
        "on_time",
        "updated_at",
    ),
    sorts=("starts_on", "submitted_at", "updated_at"),
    default="-starts_on",
    periods={"submitted_in": "submitted_at"},
)
_VISITS = ", ".join(f"'{kind}'" for kind in sorted(ON_SITE))
_CALL = f"kind = '{ActivityKind.CALL}'"
_VISIT = f"kind in ({_VISITS})"
_ASSIGNED, _DONE = "status <> 'cancelled'", "status = 'done'"


@dataclass(frozen=True, slots=True)
class Line:
    """What one owner was to do in a period, and what they did."""

    owner_id: UUID
    team: str
    assigned: int
    done: int
    late: int
    overdue: int
    cancelled: int
    unplanned: int
    calls_assigned: int
    calls_done: int
    visits_assigned: int
    visits_done: int
    plan_id: UUID | None
    submitted_at: datetime | None
    on_time: bool | None

    def figures(self) -> dict[str, Any]:
        """The counts, and the ratio as text, so that no client rounds it."""
        ratio = completion(self.done, self.assigned)
        return asdict(self) | {"completion": None if ratio is None else str(ratio)}


@cache
def _progress_sql(activities: Scope, plans: Scope) -> str:
    return f"""
with caller as (select $2::uuid as caller_id, $3::text as caller_team),
items as (
  select owner_id, max(activity.team) as was_in,
    count(*) filter (where due_at is not null and {_ASSIGNED}) as assigned,
    count(*) filter (where due_at is not null and {_DONE}) as done,
    count(*) filter (where done_at > due_at) as late,
    count(*) filter (where status = 'planned' and due_at < $7) as overdue,
    count(*) filter (where status = 'cancelled') as cancelled,
    count(*) filter (where due_at is null) as unplanned,
    count(*) filter (where due_at is not null and {_CALL} and {_ASSIGNED}) as calls_assigned,
    count(*) filter (where due_at is not null and {_CALL} and {_DONE}) as calls_done,
    count(*) filter (where due_at is not null and {_VISIT} and {_ASSIGNED}) as visits_assigned,
    count(*) filter (where due_at is not null and {_VISIT} and {_DONE}) as visits_done
  from activity, caller
  where tenant_id = $1 and deleted_at is null and ($4::uuid is null or owner_id = $4)
    and (due_at >= $5 and due_at < $6 or due_at is null and done_at >= $5 and done_at < $6)
    and {scope_sql(activities, "caller_id", "caller_team")}
  group by owner_id),
plans as (
  select owner_id, team as plans_in, id as plan_id, submitted_at, on_time from work_plan, caller
  where tenant_id = $1 and period = $8 and ($4::uuid is null or owner_id = $4)
    and {scope_sql(plans, "caller_id", "caller_team")})
select owner_id, coalesce(plans_in, was_in) as team,
  coalesce(assigned, 0) as assigned, coalesce(done, 0) as done,
  coalesce(late, 0) as late, coalesce(overdue, 0) as overdue,
  coalesce(cancelled, 0) as cancelled, coalesce(unplanned, 0) as unplanned,
  coalesce(calls_assigned, 0) as calls_assigned, coalesce(calls_done, 0) as calls_done,
  coalesce(visits_assigned, 0) as visits_assigned, coalesce(visits_done, 0) as visits_done,
  plan_id, submitted_at, on_time
from items full join plans using (owner_id)
order by owner_id
"""


async def list_progress(
    reading: Reading, period: Period, owner_id: UUID | None = None
) -> list[Line]:
    """How far everybody has come in a period, a line per owner, as far as the caller may see."""
    actor, policy = reading.actor, reading.policy
    scopes = [policy.demand(actor, each, "read") for each in ("activity", "work_plan")]
    zone = (await tenant(reading)).zone
    found = await reading.fetch(
        _progress_sql(*scopes),
        actor.tenant_id,
        actor.member_id,
        actor.team,
        owner_id,
        start_of(period.start, zone),
        start_of(period.end, zone),
        reading.at,
        period.label,
        of=(Activity, WorkPlan),
    )
    return [Line(**record) for record in found]


async def count_planned(reading: Reading, period: Period) -> int:
    """How many activities of the caller's own are assigned in a period."""
    lines = await list_progress(reading, period, reading.actor.member_id)
    return sum(line.assigned for line in lines)
