"""Every change of an activity."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from crmkit.components.batch import Bulk
from crmkit.components.custom import FieldCommands
from crmkit.components.directory import owner
from crmkit.components.jobs.commands import JobCommands
from crmkit.components.jobs.references import Reference
from crmkit.components.jobs.subject import Jobs
from crmkit.db.writing import Tx
from crmkit.events.leads import (
    AccountContacted,
    ActivityCancelled,
    ActivityCheckedIn,
    ActivityCompleted,
    ActivityPlanned,
    ActivityUpdated,
    LeadWorked,
)
from crmkit.events.leads_components import (
    ActivityFieldCreated,
    ActivityFieldDeleted,
    ActivityFieldUpdated,
    ActivityJobEnded,
    ActivityJobProgressed,
    ActivityJobRequested,
)
from crmkit.fields import given
from crmkit.kernel import ids
from crmkit.kernel.access import covers
from services.leads.account.models import Account
from services.leads.activity.domain import (
    LIFECYCLE,
    ActivityStatus,
    begins_work,
    demand_editable,
    demand_fitting,
    is_contact,
    is_customer,
)
from services.leads.activity.models import Activity, ActivityField, ActivityJob, ActivityJobPart
from services.leads.activity.queries import ACTIVITIES, ACTIVITY_FIELDS
from services.leads.activity.schemas import (
    CALLED,
    ActivityLog,
    ActivityPlan,
    ActivityRead,
    ActivityUpdate,
    CheckIn,
    CompleteActivity,
    NextStep,
)
from services.leads.claim.commands import extend_protection
from services.leads.contact.models import Contact
from services.leads.lead.commands import responded
from services.leads.lead.domain import LeadStatus, demand_apart
from services.leads.lead.models import Lead

FIELDS = FieldCommands(
    ActivityField,
    created=ActivityFieldCreated,
    updated=ActivityFieldUpdated,
    deleted=ActivityFieldDeleted,
)


_HANDED_ON = (
    *("lead_id", "account_id", "contact_id", "opportunity_id"),
    *("owner_id", "team", "region"),
)


async def plan_activity(tx: Tx, new: ActivityPlan) -> Activity:
    """Put something into its owner's plan."""
    demand_fitting(new.kind, given(new))
    await _expect_links(tx, new.lead_id, new.account_id, new.contact_id)
    return tx.create(
        Activity,
        ActivityPlanned,
        **given(new, custom=await ACTIVITY_FIELDS.written(tx, new.custom))
        | await _whose(tx, new.owner_id),
        status=ActivityStatus.PLANNED,
    )


async def log_activity(tx: Tx, new: ActivityLog) -> Activity:
    """Record what took place, without a plan, and plan the next step.

    A new lead is being worked from then on.
    """
    demand_fitting(new.kind, given(new))
    await _expect_links(tx, None, new.account_id, new.contact_id)
    await _work_on(tx, new.lead_id)
    done = tx.create(
        Activity,
        ActivityCompleted,
        **_told(tx, new, await ACTIVITY_FIELDS.written(tx, new.custom))
        | await _whose(tx, new.owner_id),
        **await _with_customer(tx, new.account_id),
        status=ActivityStatus.DONE,
        done_at=tx.occurred_at,
    )
    await _contact(tx, done)
    _plan_next(tx, done, new.next_step)
    return done


async def update_activity(tx: Tx, activity_id: UUID, patch: ActivityUpdate) -> Activity:
    """Change a planned activity; a new owner brings their team and region."""
    activity = await tx.take(Activity, activity_id)
    demand_editable(activity.status)
    await _expect_links(tx, patch.lead_id, patch.account_id, patch.contact_id)
    values: dict[str, Any] = given(patch)
    demand_fitting(values.get("kind", activity.kind), vars(activity) | values)
    if "owner_id" in values:
        values |= await _whose(tx, patch.owner_id)
    if "custom" in values:
        values["custom"] = await ACTIVITY_FIELDS.written(tx, patch.custom, activity.custom)
    return tx.update(activity, ActivityUpdated, **values)


async def complete_activity(tx: Tx, activity_id: UUID, done: CompleteActivity) -> Activity:
    """Record that a planned activity took place, and plan the next step.

    A new lead is being worked from then on.
    """
    activity = await tx.take(Activity, activity_id)
    status = LIFECYCLE.move(activity.status, ActivityStatus.DONE)
    demand_fitting(activity.kind, given(done))
    await _expect_links(tx, None, None, done.contact_id)
    await _work_on(tx, activity.lead_id)
    completed = tx.update(
        activity,
        ActivityCompleted,
        **_told(tx, done, await ACTIVITY_FIELDS.written(tx, done.custom, activity.custom)),
        **await _with_customer(tx, activity.account_id),
        status=status,
        done_at=tx.occurred_at,
    )
    await _contact(tx, completed)
    _plan_next(tx, completed, done.next_step)
    return completed


async def check_in_activity(tx: Tx, activity_id: UUID, arrived: CheckIn) -> Activity:
    """签到 record that somebody arrived for a planned visit or tour; the last word counts."""
    activity = await tx.take(Activity, activity_id)
    demand_editable(activity.status)
    demand_fitting(activity.kind, {"check_in": arrived})
    return tx.update(activity, ActivityCheckedIn, **_arrived(tx, arrived))


async def cancel_activity(tx: Tx, activity_id: UUID) -> Activity:
    """Take a planned activity out of the plan."""
    activity = await tx.take(Activity, activity_id)
    status = LIFECYCLE.move(activity.status, ActivityStatus.CANCELLED)
    return tx.update(activity, ActivityCancelled, status=status)


def _told(
    tx: Tx, said: ActivityLog | CompleteActivity, custom: Mapping[str, Any]
) -> dict[str, Any]:
    """The columns of what is said about something done, with these values of own fields; the step
    after it gets its id now."""
    values = given(said)
    if "custom" in values:
        values["custom"] = custom
    values.pop("check_in", None)
    if said.check_in is not None:
        values |= _arrived(tx, said.check_in)
    if values.pop("next_step", None) is not None:
        values["follow_up_id"] = ids.new()
    return values


def _arrived(tx: Tx, check_in: CheckIn) -> dict[str, Any]:
    values = given(check_in)
    return values | {"checked_in_at": values.pop("at") or tx.occurred_at}


async def _with_customer(tx: Tx, account_id: UUID | None) -> dict[str, bool]:
    """What the account is by the time it happens; what it becomes later changes nothing of it."""
    account = await tx.find(Account, id=account_id) if account_id is not None else None
    if account is None:
        return {}
    return {"with_customer": is_customer(account.customer_since, tx.occurred_at)}


async def _contact(tx: Tx, done: Activity) -> None:
    """开发新客户 (K05) the account remembers when somebody there was first spoken to.

    Whoever owns it: this is no change of theirs, and its version keeps two from being first.
    """
    if done.account_id is None or not is_contact(done.kind, done.connected):
        return
    account = await tx.find(Account, id=done.account_id)
    known = account.contacted_at if account else None
    if account is not None and (known is None or tx.occurred_at < known):
        tx.update(account, AccountContacted, contacted_at=tx.occurred_at)


def _plan_next(tx: Tx, done: Activity, step: NextStep | None) -> None:
    """下一步 the same people, about the same."""
    if step is None:
        return
    same = {name: getattr(done, name) for name in _HANDED_ON}
    tx.create(
        Activity,
        ActivityPlanned,
        **same,
        id=done.follow_up_id,
        kind=step.kind,
        subject=step.what,
        due_at=step.due,
        status=ActivityStatus.PLANNED,
        follows_id=done.id,
    )


async def _whose(tx: Tx, owner_id: UUID | None) -> dict[str, Any]:
    who = await owner(tx, owner_id)
    return {"owner_id": who.owner_id, "team": who.team, "region": who.region}


async def _expect_links(
    tx: Tx, lead_id: UUID | None, account_id: UUID | None, contact_id: UUID | None
) -> None:
    """NotFound where lead, account or contact is not there for the caller."""
    if lead_id is not None:
        lead = await tx.get(Lead, lead_id)
        demand_apart(lead.status, lead.merged_into)
        tx.expect(lead)
    if account_id is not None:
        tx.expect(await tx.get(Account, account_id))
    if contact_id is not None:
        tx.expect(await tx.get(Contact, contact_id))


async def _work_on(tx: Tx, lead_id: UUID | None) -> None:
    """Move a new lead on, where the caller may write it."""
    if lead_id is None:
        return
    lead = await tx.get(Lead, lead_id)
    demand_apart(lead.status, lead.merged_into)
    tx.follow(lead.received_at)
    mine = covers(tx.policy.scope(tx.actor, "lead", "write"), tx.actor, lead)
    if mine and begins_work(lead.status, lead.received_at, tx.occurred_at):
        lead = tx.update(lead, LeadWorked, status=LeadStatus.WORKING, **await responded(tx, lead))
    await extend_protection(tx, lead)
    tx.expect(lead)


JOBS = Jobs(
    JobCommands(
        ActivityJob,
        Activity,
        requested=ActivityJobRequested,
        progressed=ActivityJobProgressed,
        ended=ActivityJobEnded,
    ),
    ActivityJobPart,
    ActivityRead,
    ACTIVITIES,
    ACTIVITY_FIELDS,
    Bulk((log_activity, ActivityLog), None, {}),
    None,
    CALLED,
    (
        Reference("account_id", Account, ("external_id", "name")),
        Reference("contact_id", Contact),
        Reference("lead_id", Lead),
    ),
)
