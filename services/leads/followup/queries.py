"""Every list of follow-ups, and what is due."""

from crmkit.db.listing import Listing
from crmkit.db.reading import Reading
from crmkit.db.rows import plan, row
from services.leads.activity.models import Activity
from services.leads.followup.domain import FollowUpTrigger
from services.leads.followup.models import FollowUpPlan, FollowUpTemplate

FOLLOW_UP_TEMPLATES = Listing(
    FollowUpTemplate,
    filters=("trigger", "active", "account_class", "lifecycle", "updated_at"),
    sorts=("name", "updated_at"),
    default="name",
    search=("name",),
)
FOLLOW_UP_PLANS = Listing(
    FollowUpPlan,
    filters=(
        "template_id",
        "status",
        "stop_reason",
        "lead_id",
        "account_id",
        "contact_id",
        "opportunity_id",
        "owner_id",
        "team",
        "region",
        "overdue",
        "started_at",
        "next_at",
        "updated_at",
    ),
    sorts=("started_at", "updated_at"),
    default="-started_at",
    search=("name",),
)
DUE = """
select tenant_id, id from follow_up_plan
where status = 'running' and next_at <= $1 order by next_at limit 100
"""
"""Plans of all tenants that have something to do."""

CLOSED = """
select p.tenant_id, p.id from follow_up_plan p
left join lead l on l.tenant_id = p.tenant_id and l.id = p.lead_id
where p.status = 'running' and p.lead_id is not null
  and (l.id is null or l.deleted_at is not null
    or l.status in ('converted', 'disqualified', 'merged'))
limit 100
"""
"""Plans of all tenants whose lead is followed up no more."""

_OPEN = f"""
{plan(Activity).select}
where tenant_id = $1 and follow_up_plan_id = $2 and status = 'planned' and deleted_at is null
order by due_at
"""
_STARTED_BY = f"""
{plan(FollowUpTemplate).select}
where tenant_id = $1 and trigger = $2 and active and account_class = '' and lifecycle = ''
order by id
"""


async def list_open_steps(reading: Reading, follow_up: FollowUpPlan) -> list[Activity]:
    """The activities of a plan that are still to be done."""
    found = await reading.fetch(_OPEN, reading.tenant_id, follow_up.id)
    return [row(Activity, record) for record in found]


async def list_started_by(reading: Reading, trigger: FollowUpTrigger) -> list[FollowUpTemplate]:
    """The templates for everybody that something starts by itself."""
    found = await reading.fetch(_STARTED_BY, reading.tenant_id, trigger)
    return [row(FollowUpTemplate, record) for record in found]
