"""Every change of an activity."""

from typing import Any
from uuid import UUID

from crmkit.components.directory import owner
from crmkit.db.writing import Tx
from crmkit.events.leads import (
    ActivityCancelled,
    ActivityCompleted,
    ActivityPlanned,
    ActivityUpdated,
    LeadWorked,
)
from crmkit.fields import given
from crmkit.kernel.access import covers
from services.leads.account.models import Account
from services.leads.activity.domain import (
    LIFECYCLE,
    ActivityStatus,
    begins_work,
    demand_editable,
)
from services.leads.activity.models import Activity
from services.leads.activity.schemas import (
    ActivityLog,
    ActivityPlan,
    ActivityUpdate,
    CompleteActivity,
)
from services.leads.lead.commands import responded
from services.leads.lead.domain import LeadStatus, demand_apart
from services.leads.lead.models import Lead


async def plan_activity(tx: Tx, new: ActivityPlan) -> Activity:
    """Put something into its owner's plan."""
    await _expect_links(tx, new.lead_id, new.account_id)
    return tx.create(
        Activity,
        ActivityPlanned,
        **given(new) | await _whose(tx, new.owner_id),
        status=ActivityStatus.PLANNED,
    )


async def log_activity(tx: Tx, new: ActivityLog) -> Activity:
    """Record what took place, without a plan; a new lead is being worked from then on."""
    await _expect_links(tx, None, new.account_id)
    await _work_on(tx, new.lead_id)
    return tx.create(
        Activity,
        ActivityCompleted,
        **given(new) | await _whose(tx, new.owner_id),
        status=ActivityStatus.DONE,
        done_at=tx.occurred_at,
    )


async def update_activity(tx: Tx, activity_id: UUID, patch: ActivityUpdate) -> Activity:
    """Change a planned activity; a new owner brings their team and region."""
    activity = await tx.take(Activity, activity_id)
    demand_editable(activity.status)
    await _expect_links(tx, patch.lead_id, patch.account_id)
    values: dict[str, Any] = given(patch)
    if "owner_id" in values:
        values |= await _whose(tx, patch.owner_id)
    return tx.update(activity, ActivityUpdated, **values)


async def complete_activity(tx: Tx, activity_id: UUID, done: CompleteActivity) -> Activity:
    """Record that a planned activity took place; a new lead is being worked from then on."""
    activity = await tx.take(Activity, activity_id)
    status = LIFECYCLE.move(activity.status, ActivityStatus.DONE)
    await _work_on(tx, activity.lead_id)
    return tx.update(
        activity, ActivityCompleted, status=status, done_at=tx.occurred_at, **given(done)
    )


async def cancel_activity(tx: Tx, activity_id: UUID) -> Activity:
    """Take a planned activity out of the plan."""
    activity = await tx.take(Activity, activity_id)
    status = LIFECYCLE.move(activity.status, ActivityStatus.CANCELLED)
    return tx.update(activity, ActivityCancelled, status=status)


async def _whose(tx: Tx, owner_id: UUID | None) -> dict[str, Any]:
    who = await owner(tx, owner_id)
    return {"owner_id": who.owner_id, "team": who.team, "region": who.region}


async def _expect_links(tx: Tx, lead_id: UUID | None, account_id: UUID | None) -> None:
    """NotFound where lead or account is not there for the caller."""
    if lead_id is not None:
        lead = await tx.get(Lead, lead_id)
        demand_apart(lead.status, lead.merged_into)
        tx.expect(lead)
    if account_id is not None:
        tx.expect(await tx.get(Account, account_id))


async def _work_on(tx: Tx, lead_id: UUID | None) -> None:
    """Move a new lead on, where the caller may write it."""
    if lead_id is None:
        return
    lead = await tx.get(Lead, lead_id)
    demand_apart(lead.status, lead.merged_into)
    tx.follow(lead.received_at)
    mine = covers(tx.policy.scope(tx.actor, "lead", "write"), tx.actor, lead)
    if mine and begins_work(lead.status, lead.received_at, tx.occurred_at):
        tx.update(lead, LeadWorked, status=LeadStatus.WORKING, **await responded(tx, lead))
    else:
        tx.expect(lead)
