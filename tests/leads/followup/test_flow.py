"""A follow-up from its start to its end, moved on as the worker's schedule does."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from crmkit.db.executor import Call
from crmkit.events.contracts import ContractCompleted
from crmkit.kernel import clock, ids
from crmkit.kernel.actor import system
from crmkit.messaging.handlers import Reaction
from crmkit.testing.house import Caller, House
from crmkit.testing.plugin import Login
from services.leads.follow_up_clock import FollowUpClock
from services.leads.followup.commands import advance_follow_up
from services.leads.followup.consumers import follow_completed, follow_signed
from tests.leads.contract_samples import a_contract
from tests.leads.samples import HISTORY, made, new_lead

MARCH = "2026-03-02T09:00:00Z"
TEMPLATES, PLANS, ACTIVITIES = "/v1/follow-up-templates", "/v1/follow-ups", "/v1/activities"
STEPS = [
    {"after_days": 7, "kind": "visit", "subject": "See them again"},
    {"after_days": 1, "kind": "call", "subject": "Did the quote arrive?"},
]


async def a_template(director: Caller, **fields: Any) -> dict[str, Any]:
    return await made(director, TEMPLATES, {"name": f"{ids.new()}", "steps": STEPS} | fields)


async def started(caller: Caller, template: dict[str, Any], **about: Any) -> dict[str, Any]:
    body = {"template_id": template["id"]} | about
    return await made(caller, PLANS, body, occurred_at=MARCH)


async def advance(caller: Caller, plan: dict[str, Any], times: int = 1) -> dict[str, Any]:
    for _ in range(times):
        call = Call(system(caller.actor.tenant_id))
        await caller.executor.write(call, advance_follow_up, UUID(plan["id"]))
    shown: dict[str, Any] = (await caller.get(f"{PLANS}/{plan['id']}")).json()
    return shown


async def activities(caller: Caller, plan: dict[str, Any]) -> list[dict[str, Any]]:
    asked = {"follow_up_plan_id": plan["id"], "sort": "due_at"}
    items: list[dict[str, Any]] = (await caller.get(ACTIVITIES, params=asked)).json()["items"]
    return items


async def boss_of(login: Login) -> Caller:
    return await login("leads", "sales_director", scopes=[HISTORY])


async def test_steps_become_activities_of_who_follows_up(login: Login) -> None:
    boss = await boss_of(login)
    lead = await made(boss, "/v1/leads", {"company": "A", "source": "web"}, occurred_at=MARCH)
    plan = await started(boss, await a_template(boss), lead_id=lead["id"])
    assert [step["after_days"] for step in plan["steps"]] == [1, 7]
    assert (plan["status"], plan["started_at"], plan["next_at"]) == ("running", MARCH, MARCH)
    plan = await advance(boss, plan)
    (call,) = await activities(boss, plan)
    assert (call["kind"], call["subject"]) == ("call", "Did the quote arrive?")
    assert (call["due_at"], call["status"]) == ("2026-03-03T09:00:00Z", "planned")
    assert (call["lead_id"], call["owner_id"]) == (lead["id"], plan["owner_id"])
    assert plan["next_at"] == "2026-03-04T09:00:00Z"


async def test_a_step_done_in_time_passes_in_silence_and_one_that_is_not_is_told(
    login: Login,
) -> None:
    boss = await boss_of(login)
    plan = await started(boss, await a_template(boss), opportunity_id=str(ids.new()))
    await advance(boss, plan)
    (call,) = await activities(boss, plan)
    await made(boss, f"{ACTIVITIES}/{call['id']}/complete", {})
    assert (await advance(boss, plan))["overdue"] == 0
    plan = await advance(boss, plan, 2)
    assert (plan["overdue"], plan["status"], plan["next_at"]) == (1, "finished", None)
    assert [each["status"] for each in await activities(boss, plan)] == ["done", "planned"]
    assert await boss.emitted(plan["id"]) == [
        "follow_up_plan.started.v1",
        "follow_up_plan.advanced.v1",
        "follow_up_plan.advanced.v1",
        "follow_up_plan.advanced.v1",
        "follow_up_plan.overdue.v1",
        "follow_up_plan.finished.v1",
    ]
    assert (await advance(boss, plan))["version"] == plan["version"]


async def test_nothing_is_done_before_it_is_due(login: Login) -> None:
    boss = await boss_of(login)
    later = [{"after_days": 30, "kind": "call", "subject": "x"}]
    template = await a_template(boss, steps=later)
    plan = await made(
        boss,
        PLANS,
        {"template_id": template["id"], "account_id": None} | {"opportunity_id": str(ids.new())},
    )
    assert (await advance(boss, plan))["version"] == 1
    assert await activities(boss, plan) == []


async def test_several_workers_at_once_plan_a_step_once(login: Login) -> None:
    boss = await boss_of(login)
    now = [{"after_days": 0, "kind": "call", "subject": "x"}]
    template = await a_template(boss, steps=now)
    body = {"template_id": template["id"], "opportunity_id": str(ids.new())}
    plan = await made(boss, PLANS, body)
    await asyncio.gather(*(advance(boss, plan) for _ in range(4)))
    assert len(await activities(boss, plan)) == 1
    assert (await boss.get(f"{PLANS}/{plan['id']}")).json()["version"] == 2


@pytest.mark.parametrize("how", ["disqualify", "delete"])
async def test_a_closed_lead_is_followed_up_no_more(login: Login, how: str) -> None:
    boss = await boss_of(login)
    lead = await made(boss, "/v1/leads", {"company": "A", "source": "web"}, occurred_at=MARCH)
    plan = await started(boss, await a_template(boss), lead_id=lead["id"])
    await advance(boss, plan)
    if how == "disqualify":
        await made(boss, f"/v1/leads/{lead['id']}/disqualify", {"reason": "no budget"})
    else:
        await boss.delete(f"/v1/leads/{lead['id']}")
    plan = await advance(boss, plan)
    assert (plan["status"], plan["stop_reason"], plan["next_at"]) == (
        "stopped",
        "lead_closed",
        None,
    )
    assert [each["status"] for each in await activities(boss, plan)] == ["cancelled"]


async def test_who_stops_it_cancels_what_was_planned_and_keeps_what_was_done(login: Login) -> None:
    boss = await boss_of(login)
    plan = await started(boss, await a_template(boss), opportunity_id=str(ids.new()))
    await advance(boss, plan, 3)
    call, _ = await activities(boss, plan)
    await made(boss, f"{ACTIVITIES}/{call['id']}/complete", {})
    stopped = await made(boss, f"{PLANS}/{plan['id']}/stop", {})
    assert (stopped["status"], stopped["stop_reason"]) == ("stopped", "hand")
    assert [each["status"] for each in await activities(boss, plan)] == ["done", "cancelled"]
    again = await boss.post(f"{PLANS}/{plan['id']}/stop")
    assert (again.status_code, again.json()["code"]) == (409, "lifecycle.illegal")


async def test_a_lead_is_followed_up_by_a_template_once_at_a_time(login: Login) -> None:
    boss = await boss_of(login)
    lead, template = await new_lead(boss), await a_template(boss)
    body = {"template_id": template["id"], "lead_id": lead["id"]}
    first = await made(boss, PLANS, body)
    twin = await boss.post(PLANS, json=body)
    assert (twin.status_code, twin.json()["code"]) == (409, "follow_up_plan.exists")
    await made(boss, f"{PLANS}/{first['id']}/stop", {})
    assert (await boss.post(PLANS, json=body)).status_code == 201


async def test_the_schedule_does_what_is_due_for_every_tenant(login: Login, house: House) -> None:
    boss, other = await boss_of(login), await login("leads", "admin", tenant=ids.new())
    plan = await started(boss, await a_template(boss), opportunity_id=str(ids.new()))
    template = await a_template(other)
    theirs = await made(
        other, PLANS, {"template_id": template["id"], "opportunity_id": str(ids.new())}
    )
    turn = FollowUpClock(house.settings("leads"))
    database = await house.system("leads")
    while await turn(boss.executor, database):
        pass
    shown = (await boss.get(f"{PLANS}/{plan['id']}")).json()
    assert (shown["status"], shown["overdue"]) == ("finished", 2)
    assert (await other.get(f"{PLANS}/{theirs['id']}")).json()["version"] == 2
    assert not await turn(boss.executor, database)


async def test_the_schedule_stops_what_is_about_a_closed_lead_though_nothing_is_due(
    login: Login, house: House
) -> None:
    boss = await boss_of(login)
    lead = await new_lead(boss)
    later = [{"after_days": 30, "kind": "call", "subject": "x"}]
    plan = await made(
        boss,
        PLANS,
        {"template_id": (await a_template(boss, steps=later))["id"], "lead_id": lead["id"]},
    )
    await made(boss, f"/v1/leads/{lead['id']}/disqualify", {"reason": "gone"})
    turn = FollowUpClock(house.settings("leads"))
    while await turn(boss.executor, await house.system("leads")):
        pass
    assert (await boss.get(f"{PLANS}/{plan['id']}")).json()["stop_reason"] == "lead_closed"


async def hear(caller: Caller, reaction: Reaction, event: Any) -> None:
    call = Call(system(event.tenant_id), occurred_at=event.occurred_at, cause=event.id)
    await caller.executor.write(call, reaction.act, event)


async def test_a_contract_starts_the_templates_it_should_once(login: Login, tenant: UUID) -> None:
    boss = await boss_of(login)
    wanted = await a_template(boss, trigger="contract_signed", name="Welcome")
    await a_template(boss, trigger="contract_signed", active=False)
    await a_template(boss, trigger="contract_signed", account_class="a")
    await a_template(boss, trigger="contract_completed", name="Return visit")
    await a_template(boss)
    signed = a_contract(tenant)
    for _ in range(2):
        await hear(boss, follow_signed, signed)
    (plan,) = (await boss.get(PLANS)).json()["items"]
    assert (plan["template_id"], plan["started_at"]) == (wanted["id"], MARCH)
    state = signed.state
    assert (plan["account_id"], plan["owner_id"]) == (str(state.account_id), str(state.owner_id))
    completed = ContractCompleted(
        *(ids.new(), tenant, state.id, 4, signed.occurred_at, clock.now(), "system", None, None),
        state,
        {},
    )
    await hear(boss, follow_completed, completed)
    names = [each["name"] for each in (await boss.get(PLANS)).json()["items"]]
    assert sorted(names) == ["Return visit", "Welcome"]
