import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from crmkit.db.executor import Call
from crmkit.db.reading import Reading
from crmkit.kernel import clock, ids
from crmkit.kernel.errors import Conflict, Forbidden, NotFound, Stale
from crmkit.testing.house import Caller, House
from crmkit.testing.plugin import Login
from services.leads.account import commands as accounts
from services.leads.account.schemas import AccountCreate
from services.leads.activity import commands
from services.leads.activity.domain import ActivityKind, ActivityStatus
from services.leads.activity.schemas import (
    ActivityLog,
    ActivityPlan,
    ActivityUpdate,
    CompleteActivity,
)
from services.leads.lead import commands as leads
from services.leads.lead.domain import LeadStatus
from services.leads.lead.models import Lead
from services.leads.lead.schemas import DisqualifyLead, LeadCreate
from tests.leads.samples import hire

MARCH = datetime(2026, 3, 2, 9, tzinfo=UTC)
VISIT = ActivityPlan(kind=ActivityKind.VISIT, subject="See the plant", due_at=MARCH)
CALL = ActivityLog(kind=ActivityKind.CALL, subject="First call", outcome="They want a demo")
MET = CompleteActivity(outcome="They showed us two lines")


async def a_lead(caller: Caller) -> Lead:
    return await caller(leads.create_lead, LeadCreate(company="Acme", source="web"))


async def status_of(caller: Caller, lead: Lead) -> LeadStatus:
    executor = caller.executor
    reading = Reading(executor.database, executor.policy, caller.actor, clock.now())
    return (await reading.get(Lead, lead.id)).status


def about(lead: Lead) -> ActivityLog:
    return CALL.model_copy(update={"lead_id": lead.id})


async def test_a_planned_activity_is_done_with_an_outcome(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    activity = await seller(commands.plan_activity, VISIT)
    assert (activity.status, activity.done_at) == (ActivityStatus.PLANNED, None)
    activity = await seller(commands.complete_activity, activity.id, MET, occurred_at=MARCH)
    assert (activity.status, activity.done_at) == (ActivityStatus.DONE, MARCH)
    assert activity.outcome == "They showed us two lines"
    assert await seller.emitted(activity.id) == ["activity.planned.v1", "activity.completed.v1"]


async def test_a_logged_activity_is_done_when_it_happened(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    activity = await seller(commands.log_activity, CALL, occurred_at=MARCH)
    assert (activity.status, activity.done_at, activity.due_at) == (
        ActivityStatus.DONE,
        MARCH,
        None,
    )
    assert await seller.emitted(activity.id) == ["activity.completed.v1"]


async def test_an_owner_brings_team_and_region(login: Login, house: House, tenant: UUID) -> None:
    manager = await login("leads", "sales_manager", team="cn/east")
    owner = await hire(house, tenant, "cn/east/ningbo", "Zhejiang")
    named = VISIT.model_copy(update={"owner_id": owner})
    activity = await manager(commands.plan_activity, named)
    assert (activity.owner_id, activity.team, activity.region) == (
        owner,
        "cn/east/ningbo",
        "Zhejiang",
    )


async def test_a_plan_handed_over_takes_the_new_owners_team_and_region(
    login: Login, house: House, tenant: UUID
) -> None:
    manager = await login("leads", "sales_manager", team="cn/east")
    activity = await manager(commands.plan_activity, VISIT)
    owner = await hire(house, tenant, "cn/east/ningbo", "Zhejiang")
    moved = await manager(commands.update_activity, activity.id, ActivityUpdate(owner_id=owner))
    assert (moved.owner_id, moved.team, moved.region) == (owner, "cn/east/ningbo", "Zhejiang")


async def test_an_owner_set_to_null_is_the_caller(login: Login, house: House, tenant: UUID) -> None:
    manager = await login("leads", "sales_manager", team="cn/east")
    owner = await hire(house, tenant, "cn/east/ningbo", "Zhejiang")
    activity = await manager(commands.plan_activity, VISIT.model_copy(update={"owner_id": owner}))
    taken = await manager(commands.update_activity, activity.id, ActivityUpdate(owner_id=None))
    assert (taken.owner_id, taken.team) == (manager.actor.member_id, "cn/east")


async def test_the_first_activity_on_a_new_lead_begins_the_work(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    lead = await a_lead(seller)
    await seller(commands.log_activity, about(lead))
    assert await status_of(seller, lead) is LeadStatus.WORKING
    await seller(commands.log_activity, about(lead))
    assert await seller.emitted(lead.id) == ["lead.created.v1", "lead.worked.v1"]


async def test_a_plan_begins_the_work_only_when_it_is_carried_out(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    lead = await a_lead(seller)
    plan = VISIT.model_copy(update={"lead_id": lead.id})
    activity = await seller(commands.plan_activity, plan)
    assert await status_of(seller, lead) is LeadStatus.NEW
    await seller(commands.complete_activity, activity.id, MET)
    assert await status_of(seller, lead) is LeadStatus.WORKING


async def test_a_cancelled_plan_leaves_the_lead_alone(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    lead = await a_lead(seller)
    plan = VISIT.model_copy(update={"lead_id": lead.id})
    activity = await seller(commands.plan_activity, plan)
    activity = await seller(commands.cancel_activity, activity.id)
    assert activity.status is ActivityStatus.CANCELLED
    assert await status_of(seller, lead) is LeadStatus.NEW


async def test_a_call_before_the_lead_came_in_is_no_work_on_it(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    lead = await a_lead(seller)
    early = lead.received_at - timedelta(days=1)
    await seller(commands.log_activity, about(lead), occurred_at=early)
    assert await status_of(seller, lead) is LeadStatus.NEW


async def test_a_lead_given_up_is_not_taken_up_by_a_call(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    lead = await a_lead(seller)
    await seller(leads.disqualify_lead, lead.id, DisqualifyLead(reason="no budget"))
    await seller(commands.log_activity, about(lead))
    assert await status_of(seller, lead) is LeadStatus.DISQUALIFIED


async def test_two_calls_at_once_begin_the_work_once(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    lead = await a_lead(seller)
    await asyncio.gather(*(seller(commands.log_activity, about(lead)) for _ in range(4)))
    assert await seller.emitted(lead.id) == ["lead.created.v1", "lead.worked.v1"]


async def test_an_activity_needs_a_lead_and_an_account_that_are_there(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    activity = await seller(commands.plan_activity, VISIT)
    for field in ("lead_id", "account_id"):
        nobody = {field: ids.new()}
        patch = ActivityUpdate.model_validate(nobody)
        with pytest.raises(NotFound):
            await seller(commands.plan_activity, VISIT.model_copy(update=nobody))
        with pytest.raises(NotFound):
            await seller(commands.log_activity, CALL.model_copy(update=nobody))
        with pytest.raises(NotFound):
            await seller(commands.update_activity, activity.id, patch)


async def test_an_activity_may_be_about_an_account_and_an_opportunity(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    account = await seller(accounts.create_account, AccountCreate(name="Acme"))
    opportunity = ids.new()
    links = {"account_id": account.id, "opportunity_id": opportunity}
    activity = await seller(commands.log_activity, CALL.model_copy(update=links))
    assert (activity.account_id, activity.opportunity_id) == (account.id, opportunity)


async def test_another_sellers_lead_cannot_be_called(login: Login) -> None:
    seller, other = await login("leads", "sales_rep"), await login("leads", "sales_rep")
    lead = await a_lead(seller)
    with pytest.raises(NotFound):
        await other(commands.log_activity, about(lead))
    assert await status_of(seller, lead) is LeadStatus.NEW


async def test_who_only_reads_a_lead_leaves_it_new(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    reader = await login("leads", "sales_rep", "auditor")
    lead = await a_lead(seller)
    activity = await reader(commands.log_activity, about(lead))
    assert activity.lead_id == lead.id
    assert await status_of(seller, lead) is LeadStatus.NEW


async def test_a_lead_put_away_meanwhile_takes_no_activity(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    lead = await a_lead(seller)
    await seller(leads.work_lead, lead.id)
    executor = seller.executor
    late = [executor.open(Call(seller.actor)) for _ in range(2)]
    await commands.log_activity(late[0], about(lead))
    await commands.plan_activity(late[1], VISIT.model_copy(update={"lead_id": lead.id}))
    await seller(leads.delete_lead, lead.id)
    for tx in late:
        with pytest.raises(Stale):
            await executor.commit(tx)


async def test_who_only_reads_activities_logs_none(login: Login) -> None:
    marketer = await login("leads", "marketing")
    with pytest.raises(Forbidden):
        await marketer(commands.log_activity, CALL)


async def test_what_is_over_stays_as_it_is(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    activity = await seller(commands.log_activity, CALL)
    with pytest.raises(Conflict) as refused:
        await seller(commands.update_activity, activity.id, ActivityUpdate(subject="Other"))
    assert refused.value.code == "activity.closed"
    with pytest.raises(Conflict):
        await seller(commands.complete_activity, activity.id, MET)
    with pytest.raises(Conflict):
        await seller(commands.cancel_activity, activity.id)
