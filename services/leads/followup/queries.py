"""Every list of follow-ups, and what is due."""

from uuid import UUID

from crmkit.db.leaping import due_rows
from crmkit.db.listing import Listing
from crmkit.db.reading import Reading
from crmkit.db.rows import plan, row
from services.leads.account.domain import AccountLifecycle
from services.leads.account.models import Account
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
_FOLLOWED = """exists (
    select from lead l where l.tenant_id = t.tenant_id and l.id = t.lead_id
      and l.deleted_at is null and l.status not in ('converted', 'disqualified', 'merged'))"""
DUE = due_rows("follow_up_plan", "t.status = 'running'", "t.next_at <= $1", "t.next_at")
"""Plans that have something to do."""

CLOSED = due_rows(
    "follow_up_plan",
    "t.status = 'running' and t.lead_id is not null",
    f"not {_FOLLOWED}",
    "t.lead_id",
)
"""Plans whose lead is followed up no more."""

_OPEN = f"""
{plan(Activity).select}
where tenant_id = $1 and follow_up_plan_id = $2 and status = 'planned' and deleted_at is null
order by due_at
"""
_OF_LEAD = "where tenant_id = $1 and lead_id = $2 and owner_id = $3"
_RUNNING = f"{plan(FollowUpPlan).select} {_OF_LEAD} and status = 'running'"
_PLANNED = f"""
{plan(Activity).select} {_OF_LEAD} and done_at is null and status = 'planned' and deleted_at is null
"""
_STARTED_BY = f"""
{plan(FollowUpTemplate).select}
where tenant_id = $1 and trigger = $2 and active
  and account_class = any($3) and lifecycle in ('', $4)
order by id
"""
_OF_OTHER_STAGES = f"""
{plan(FollowUpPlan).select}
where tenant_id = $1 and account_id = $2 and lead_id is null and status = 'running' and exists (
    select from follow_up_template t where t.tenant_id = $1 and t.id = template_id
      and t.trigger = 'account_stage' and t.lifecycle <> $3)
order by id
"""


async def list_open_steps(reading: Reading, follow_up: FollowUpPlan) -> list[Activity]:
    """The activities of a plan that are still to be done."""
    found = await reading.fetch(_OPEN, reading.tenant_id, follow_up.id)
    return [row(Activity, record) for record in found]


async def list_started_by(
    reading: Reading, trigger: FollowUpTrigger, stage: AccountLifecycle, account: Account | None
) -> list[FollowUpTemplate]:
    """The templates that something starts by itself: those for everybody at this stage, and those
    for the grade or tier of the account, if it is one we know."""
    classes = ["", account.grade, account.tier] if account is not None else [""]
    found = await reading.fetch(_STARTED_BY, reading.tenant_id, trigger, classes, stage)
    return [row(FollowUpTemplate, record) for record in found]


async def list_of_other_stages(reading: Reading, account: Account) -> list[FollowUpPlan]:
    """What still runs of an account by templates of stages at which it does not stand."""
    of = (reading.tenant_id, account.id, account.lifecycle)
    return [row(FollowUpPlan, record) for record in await reading.fetch(_OF_OTHER_STAGES, *of)]


async def list_running(reading: Reading, lead_id: UUID, owner_id: UUID) -> list[FollowUpPlan]:
    """How somebody follows up a lead."""
    found = await reading.fetch(_RUNNING, reading.tenant_id, lead_id, owner_id)
    return [row(FollowUpPlan, record) for record in found]


async def list_planned(reading: Reading, lead_id: UUID, owner_id: UUID) -> list[Activity]:
    """What somebody has still to do about a lead."""
    found = await reading.fetch(_PLANNED, reading.tenant_id, lead_id, owner_id)
    return [row(Activity, record) for record in found]
