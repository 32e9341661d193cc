"""Every change of follow-ups."""

from datetime import datetime
from typing import Any
from uuid import UUID

from crmkit.components.directory import Owner, owner
from crmkit.db.tables import Record
from crmkit.db.writing import Tx
from crmkit.events.contracts import ContractState
from crmkit.events.leads import ActivityCancelled, ActivityPlanned, ActivityUpdated
from crmkit.events.leads_plans import (
    FollowUpAdvanced,
    FollowUpFinished,
    FollowUpHandedOver,
    FollowUpOverdue,
    FollowUpStarted,
    FollowUpStopped,
    FollowUpTemplateCreated,
    FollowUpTemplateUpdated,
)
from crmkit.fields import given
from crmkit.kernel import ids
from crmkit.kernel.errors import Invalid
from services.leads.account.domain import AccountLifecycle
from services.leads.account.models import Account
from services.leads.account.queries import find_heir, standing_id
from services.leads.activity.domain import ActivityStatus
from services.leads.activity.models import Activity
from services.leads.contact.commands import expect_contact
from services.leads.followup.domain import (
    CLOSED,
    LIFECYCLE,
    Document,
    FollowUpStatus,
    FollowUpStopReason,
    FollowUpTrigger,
    Step,
    course_of,
    demand_about,
    demand_active,
    demand_open,
    demand_stage,
    document_of,
    due_of,
    steps_of,
)
from services.leads.followup.models import FollowUpPlan, FollowUpTemplate
from services.leads.followup.queries import (
    list_of_other_stages,
    list_open_steps,
    list_planned,
    list_running,
    list_started_by,
)
from services.leads.followup.schemas import (
    FollowUpStepIn,
    FollowUpTemplateCreate,
    FollowUpTemplateUpdate,
    StartFollowUp,
)
from services.leads.lead.domain import demand_apart
from services.leads.lead.models import Lead

_ABOUT = (
    *("lead_id", "account_id", "contact_id", "opportunity_id"),
    *("owner_id", "team", "region"),
)


async def create_follow_up_template(tx: Tx, new: FollowUpTemplateCreate) -> FollowUpTemplate:
    """Draw up a template; who is to do it works here."""
    demand_stage(new.trigger, new.lifecycle)
    await _expect_member(tx, new.owner_id)
    return tx.create(
        FollowUpTemplate, FollowUpTemplateCreated, **given(new, steps=_document(new.steps))
    )


async def update_follow_up_template(
    tx: Tx, template_id: UUID, patch: FollowUpTemplateUpdate
) -> FollowUpTemplate:
    """Change a template, or use it no more; plans that run go on as they began."""
    template = await tx.take(FollowUpTemplate, template_id)
    await _expect_member(tx, patch.owner_id)
    values: dict[str, Any] = given(patch)
    if "steps" in values:
        values["steps"] = _document(patch.steps)
    after = vars(template) | values
    demand_stage(after["trigger"], after["lifecycle"])
    return tx.update(template, FollowUpTemplateUpdated, **values)


async def start_follow_up(tx: Tx, new: StartFollowUp) -> FollowUpPlan:
    """Begin to follow up by a template; one lead is followed up by it once at a time."""
    demand_about(new.lead_id, new.account_id, new.opportunity_id)
    template = await tx.get(FollowUpTemplate, new.template_id)
    tx.expect(template)
    demand_active(template.active)
    account_id = new.account_id
    if new.lead_id is not None:
        lead = await tx.get(Lead, new.lead_id)
        demand_apart(lead.status, lead.merged_into)
        demand_open(lead.status)
        tx.expect(lead)
        account_id = account_id or lead.account_id
    if new.account_id is not None:
        tx.expect(await tx.get(Account, new.account_id))
    await expect_contact(tx, new.contact_id, account_id)
    who = await owner(tx, new.owner_id)
    about = given(new, owner_id=who.owner_id, team=who.team, region=who.region)
    return _start(tx, template, tx.occurred_at, about)


async def start_by_contract(
    tx: Tx, trigger: FollowUpTrigger, contract: ContractState
) -> FollowUpPlan | None:
    """回访 begin what a contract starts, once for each template and contract."""
    started = None
    account_id = await standing_id(tx, contract.account_id)
    account = await tx.find(Account, id=account_id) if account_id is not None else None
    for template in await list_started_by(tx, trigger, AccountLifecycle.CUSTOMER, account):
        plan_id = ids.named(template.id, contract.id)
        if await tx.find(FollowUpPlan, id=plan_id) is not None:
            continue
        about = {
            "id": plan_id,
            "lead_id": None,
            "contact_id": None,
            "account_id": account_id,
            "opportunity_id": contract.opportunity_id,
        }
        who = Owner(contract.owner_id, contract.team, contract.region)
        about |= await _whose(tx, template, who)
        started = _start(tx, template, tx.occurred_at, about)
    return started


async def start_by_mark(
    tx: Tx, trigger: FollowUpTrigger, account_id: UUID, mark: UUID
) -> FollowUpPlan | None:
    """重要客户、问题客户 begin what a mark on an account starts, once for each template and mark.

    It is about the account there is by now: that one, or its heir.
    """
    account = await tx.find(Account, id=account_id) or await find_heir(tx, account_id)
    return None if account is None else await start_by_account(tx, trigger, account, mark)


async def start_by_account(
    tx: Tx, trigger: FollowUpTrigger, account: Account, event_id: UUID
) -> FollowUpPlan | None:
    """跟进策略 begin what an account starts by what became of it, once for each template and event;
    whom the template names follows it up, or whoever has the account."""
    started = None
    for template in await list_started_by(tx, trigger, account.lifecycle, account):
        plan_id = ids.named(template.id, event_id, trigger)
        if await tx.find(FollowUpPlan, id=plan_id) is not None:
            continue
        about = {"id": plan_id, "account_id": account.id}
        about |= await _whose(tx, template, Owner(account.owner_id, account.team, account.region))
        started = _start(tx, template, tx.occurred_at, about)
    return started


async def stop_former_stages(tx: Tx, account: Account) -> FollowUpPlan | None:
    """Stop what other stages began than that at which the account stands."""
    stopped = None
    for plan in await list_of_other_stages(tx, account):
        stopped = await _stop(tx, plan, FollowUpStopReason.STAGE_LEFT)
    return stopped


async def stop_follow_up(tx: Tx, follow_up_id: UUID) -> FollowUpPlan:
    """Follow up no more; what was planned and not done is cancelled."""
    follow_up = await tx.take(FollowUpPlan, follow_up_id)
    return await _stop(tx, follow_up, FollowUpStopReason.HAND)


async def advance_follow_up(tx: Tx, follow_up_id: UUID) -> FollowUpPlan:
    """Do the next action that is due, if there is one; stop where the lead is closed."""
    follow_up = await tx.take(FollowUpPlan, follow_up_id)
    if follow_up.status is not FollowUpStatus.RUNNING:
        return follow_up
    if await _is_closed(tx, follow_up.lead_id):
        return await _stop(tx, follow_up, FollowUpStopReason.LEAD_CLOSED)
    if follow_up.next_at is None or follow_up.next_at > tx.now:
        return follow_up
    steps = steps_of(follow_up.steps)
    course = course_of(steps, follow_up.started_at)
    action = course[follow_up.position]
    if action.warns:
        moved = await _warn(tx, follow_up, action.step)
    else:
        _plan_step(tx, follow_up, action.step, steps[action.step])
        moved = _moved(tx, follow_up, 0)
    if moved.next_at is not None:
        return moved
    status = LIFECYCLE.move(moved.status, FollowUpStatus.FINISHED)
    return tx.update(moved, FollowUpFinished, status=status, ended_at=tx.occurred_at)


async def hand_over(tx: Tx, lead: Lead, former: UUID) -> Record | None:
    """Let what the former owner of a lead meant to do about it go to whoever has it: the last
    record of them, None where there is none. What colleagues have planned stays theirs."""
    whose = {"owner_id": lead.owner_id, "team": lead.team}
    moved: Record | None = None
    for plan in await list_running(tx, lead.id, former):
        moved = tx.update(plan, FollowUpHandedOver, **whose)
    for activity in await list_planned(tx, lead.id, former):
        moved = tx.update(activity, ActivityUpdated, **whose)
    if moved is not None:
        tx.expect(lead)
    return moved


async def _whose(tx: Tx, template: FollowUpTemplate, otherwise: Owner) -> dict[str, Any]:
    """Who does what starts by itself: whom the template names while they work here, else whoever
    has what it is about."""
    who = otherwise
    if template.owner_id is not None:
        try:
            who = await owner(tx, template.owner_id)
        except Invalid:
            who = otherwise
    return {"owner_id": who.owner_id, "team": who.team, "region": who.region}


async def _expect_member(tx: Tx, member_id: UUID | None) -> None:
    """Invalid `owner.unknown` where nobody of that id works here."""
    if member_id is not None:
        await owner(tx, member_id)


def _start(
    tx: Tx, template: FollowUpTemplate, started_at: datetime, about: dict[str, Any]
) -> FollowUpPlan:
    course = course_of(steps_of(template.steps), started_at)
    named = {"template_id": template.id, "name": template.name, "steps": template.steps}
    return tx.create(
        FollowUpPlan,
        FollowUpStarted,
        **about | named,
        status=FollowUpStatus.RUNNING,
        started_at=started_at,
        next_at=course[0].at,
    )


async def _warn(tx: Tx, follow_up: FollowUpPlan, number: int) -> FollowUpPlan:
    """逾期提醒 tell of a step that is still to be done; a step done in time passes in silence."""
    undone = [
        each for each in await list_open_steps(tx, follow_up) if each.follow_up_step == number
    ]
    for activity in undone:
        tx.expect(activity)
    return _moved(tx, follow_up, len(undone))


def _moved(tx: Tx, follow_up: FollowUpPlan, overdue: int) -> FollowUpPlan:
    position = follow_up.position + 1
    course = course_of(steps_of(follow_up.steps), follow_up.started_at)
    return tx.update(
        follow_up,
        FollowUpOverdue if overdue else FollowUpAdvanced,
        position=position,
        next_at=course[position].at if position < len(course) else None,
        overdue=follow_up.overdue + overdue,
    )


def _plan_step(tx: Tx, follow_up: FollowUpPlan, number: int, step: Step) -> None:
    tx.create(
        Activity,
        ActivityPlanned,
        **{name: getattr(follow_up, name) for name in _ABOUT},
        kind=step.kind,
        subject=step.subject,
        status=ActivityStatus.PLANNED,
        due_at=due_of(step, follow_up.started_at),
        follow_up_plan_id=follow_up.id,
        follow_up_step=number,
    )


async def _stop(tx: Tx, follow_up: FollowUpPlan, reason: FollowUpStopReason) -> FollowUpPlan:
    status = LIFECYCLE.move(follow_up.status, FollowUpStatus.STOPPED)
    for activity in await list_open_steps(tx, follow_up):
        tx.update(activity, ActivityCancelled, status=ActivityStatus.CANCELLED)
    return tx.update(
        follow_up,
        FollowUpStopped,
        status=status,
        next_at=None,
        ended_at=tx.occurred_at,
        stop_reason=reason,
    )


async def _is_closed(tx: Tx, lead_id: UUID | None) -> bool:
    if lead_id is None:
        return False
    lead = await tx.find(Lead, id=lead_id)
    return lead is None or lead.status in CLOSED


def _document(steps: list[FollowUpStepIn]) -> Document:
    return document_of([Step(s.after_days, s.kind, s.subject) for s in steps])
