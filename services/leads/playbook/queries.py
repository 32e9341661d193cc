"""Every list of objections and of questions, and which objections were met."""

from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

from crmkit.components.directory import tenant
from crmkit.db.listing import Listing
from crmkit.db.reading import Reading
from crmkit.kernel.access import Scope, scope_sql
from crmkit.kernel.period import Period, start_of
from services.leads.activity.models import Activity
from services.leads.playbook.models import ObjectionEntry, QuestionSet

OBJECTION_ENTRIES = Listing(
    ObjectionEntry,
    filters=("objection", "product", "active", "updated_at"),
    sorts=("objection", "updated_at"),
    default="objection",
    search=("says",),
)
QUESTION_SETS = Listing(
    QuestionSet,
    filters=("active", "updated_at"),
    sorts=("name", "updated_at"),
    default="name",
    search=("name",),
)


@dataclass(frozen=True, slots=True)
class Usage:
    """How often one objection was met, and what came of it."""

    objection: str
    met: int
    outcomes: dict[str, int]
    entries: int

    def shown(self) -> dict[str, Any]:
        return asdict(self)


@cache
def _usage_sql(activities: Scope) -> str:
    return f"""
with caller as (select $2::uuid as caller_id, $3::text as caller_team),
met as (
  select objection, coalesce(outcome_code, '') as outcome, count(*) as met
  from activity, caller
  where tenant_id = $1 and done_at >= $4 and done_at < $5 and objection is not null
    and status = 'done' and deleted_at is null
    and {scope_sql(activities, "caller_id", "caller_team")}
  group by 1, 2
)
select m.objection, sum(m.met)::int as met,
  coalesce(jsonb_object_agg(m.outcome, m.met) filter (where m.outcome <> ''), '{{}}') as outcomes,
  (select count(*)::int from objection_entry e
   where e.tenant_id = $1 and e.objection = m.objection and e.active) as entries
from met m group by m.objection order by met desc, m.objection
"""


async def list_usage(reading: Reading, period: Period) -> list[Usage]:
    """The objections that activities of a period met, most often met first, as far as the caller
    sees these activities."""
    actor = reading.actor
    reading.policy.demand(actor, "objection_entry", "read")
    zone = (await tenant(reading)).zone
    found = await reading.fetch(
        _usage_sql(reading.policy.demand(actor, "activity", "read")),
        actor.tenant_id,
        actor.member_id,
        actor.team,
        start_of(period.start, zone),
        start_of(period.end, zone),
        of=(Activity, ObjectionEntry),
    )
    return [Usage(**record) for record in found]
