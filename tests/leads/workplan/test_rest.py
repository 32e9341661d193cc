from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from crmkit.kernel import clock, ids
from crmkit.testing.house import Caller, House
from crmkit.testing.plugin import Login
from tests.leads.samples import HISTORY, made

WEEK, MONDAY, FRIDAY, NEXT = (
    "2026-W10",
    "2026-03-02T08:00:00Z",
    "2026-03-06T08:00:00Z",
    "2026-03-09T08:00:00Z",
)
PLANS, ACTIVITIES = "/v1/work-plans", "/v1/activities"


async def planned(caller: Caller, kind: str = "visit", due: str = MONDAY) -> dict[str, Any]:
    return await made(caller, ACTIVITIES, {"kind": kind, "subject": kind, "due_at": due})


async def done(caller: Caller, activity: dict[str, Any], at: str) -> None:
    await made(caller, f"{ACTIVITIES}/{activity['id']}/complete", {}, occurred_at=at)


async def progress(caller: Caller, **query: str) -> list[dict[str, Any]]:
    answer = await caller.get(f"{PLANS}/progress", params={"period": WEEK} | query)
    assert answer.status_code == 200, answer.text
    lines: list[dict[str, Any]] = answer.json()["lines"]
    return lines


async def test_a_plan_handed_in_counts_what_is_due_in_it(login: Login) -> None:
    seller = await login("leads", "sales_rep", team="cn/east", scopes=[HISTORY])
    for kind, due in (("visit", MONDAY), ("call", FRIDAY), ("call", NEXT)):
        await planned(seller, kind, due)
    answer = await seller.post(
        PLANS, json={"period": WEEK, "note": "Two plants"}, headers={"occurred-at": MONDAY}
    )
    plan = answer.json()
    assert (answer.status_code, answer.headers["location"]) == (201, f"{PLANS}/{plan['id']}")
    assert (plan["starts_on"], plan["ends_on"]) == ("2026-03-02", "2026-03-08")
    assert (plan["due_at"], plan["submitted_at"]) == ("2026-03-02T12:00:00Z", MONDAY)
    assert (plan["on_time"], plan["planned"], plan["note"]) == (True, 2, "Two plants")
    assert (plan["owner_id"], plan["team"]) == (str(seller.actor.member_id), "cn/east")
    assert (await seller.get(answer.headers["location"])).json() == plan
    assert await seller.emitted(plan["id"]) == ["work_plan.submitted.v1"]


async def test_a_plan_handed_in_again_is_as_late_as_it_was_first(login: Login) -> None:
    seller = await login("leads", "sales_rep", scopes=[HISTORY])
    first = await made(seller, PLANS, {"period": WEEK}, occurred_at=MONDAY)
    await planned(seller)
    again = await made(seller, PLANS, {"period": WEEK, "note": "More"}, occurred_at=FRIDAY)
    assert (again["id"], again["version"]) == (first["id"], 2)
    assert (again["on_time"], again["submitted_at"]) == (True, MONDAY)
    assert (again["planned"], again["note"]) == (1, "More")
    told = ["work_plan.submitted.v1", "work_plan.revised.v1"]
    assert await seller.emitted(first["id"]) == told
    late = await made(seller, PLANS, {"period": "2026-W09"}, occurred_at=FRIDAY)
    assert late["on_time"] is False


async def test_progress_says_what_was_to_be_done_and_what_was_done(login: Login) -> None:
    seller = await login("leads", "sales_rep", scopes=[HISTORY])
    await done(seller, await planned(seller, "visit", MONDAY), FRIDAY)
    await done(seller, await planned(seller, "call", FRIDAY), MONDAY)
    await planned(seller, "call", FRIDAY)
    off = await planned(seller, "demo")
    await made(seller, f"{ACTIVITIES}/{off['id']}/cancel", {})
    await done(seller, await planned(seller, "call", NEXT), FRIDAY)
    call = {"kind": "call", "subject": "x"}
    await made(seller, f"{ACTIVITIES}/log", call, occurred_at=MONDAY)
    await made(seller, f"{ACTIVITIES}/log", call, occurred_at=NEXT)
    plan = await made(seller, PLANS, {"period": WEEK}, occurred_at=FRIDAY)
    assert await progress(seller) == [
        {
            "owner_id": str(seller.actor.member_id),
            "team": "cn/east",
            "assigned": 3,
            "done": 2,
            "late": 1,
            "overdue": 1,
            "cancelled": 1,
            "unplanned": 1,
            "calls_assigned": 2,
            "calls_done": 1,
            "visits_assigned": 1,
            "visits_done": 1,
            "completion": "0.6667",
            "plan_id": plan["id"],
            "submitted_at": FRIDAY,
            "on_time": False,
        }
    ]


async def test_what_is_due_later_is_not_overdue(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    year = f"{clock.now().year + 1}"
    await planned(seller, due=f"{year}-03-05T00:00:00Z")
    (line,) = await progress(seller, period=f"{year}-03")
    assert (line["assigned"], line["overdue"], line["completion"]) == (1, 0, "0.0000")
    assert (line["plan_id"], line["on_time"]) == (None, None)


async def test_a_manager_sees_the_plans_of_those_below(login: Login) -> None:
    seller = await login("leads", "sales_rep", team="cn/east/ningbo", scopes=[HISTORY])
    other = await login("leads", "sales_rep", team="cn/west", scopes=[HISTORY])
    manager = await login("leads", "sales_manager", team="cn/east")
    for caller in (seller, other):
        await planned(caller)
        plan = await made(caller, PLANS, {"period": WEEK}, occurred_at=MONDAY)
    assert (await manager.get(f"{PLANS}/{plan['id']}")).status_code == 404
    shown = (await manager.get(PLANS, params={"on_time": "true"})).json()["items"]
    assert [each["owner_id"] for each in shown] == [str(seller.actor.member_id)]
    assert [line["owner_id"] for line in await progress(manager)] == [str(seller.actor.member_id)]
    assert [line["assigned"] for line in await progress(other)] == [1]
    assert await progress(manager, owner_id=str(other.actor.member_id)) == []
    stranger = await login("leads", "admin", tenant=ids.new())
    assert await progress(stranger) == []


async def test_weeks_are_cut_where_the_tenant_lives(
    login: Login, house: House, tenant: UUID
) -> None:
    database = await house.system("leads")
    async with database.system() as connection:
        await connection.execute(
            "insert into directory_tenant (tenant_id, version, name, time_zone, base_currency,"
            " fiscal_year_start) values ($1, 1, 'Acme', 'Asia/Shanghai', 'CNY', 1)",
            tenant,
        )
    seller = await login("leads", "sales_rep")
    await planned(seller, due="2026-03-01T16:00:00Z")
    await planned(seller, due="2026-03-01T15:59:59Z")
    assert [line["assigned"] for line in await progress(seller)] == [1]
    answer = await seller.get(ACTIVITIES, params={"due_in": WEEK})
    assert [each["due_at"] for each in answer.json()["items"]] == ["2026-03-01T16:00:00Z"]
    due = (await seller.get(f"{PLANS}/progress", params={"period": WEEK})).json()["due_at"]
    assert datetime.fromisoformat(due) == datetime.fromisoformat("2026-03-02T12:00:00+08:00")


@pytest.mark.parametrize("label", ["2026-Q1", "2026-W54", ""])
async def test_a_plan_of_no_day_week_or_month_is_refused(login: Login, label: str) -> None:
    seller = await login("leads", "sales_rep")
    answers = [
        await seller.post(PLANS, json={"period": label}),
        await seller.get(f"{PLANS}/progress", params={"period": label}),
    ]
    for answer in answers:
        assert (answer.status_code, answer.json()["code"]) == (422, "period.invalid")


async def test_who_plans_nothing_hands_in_no_plan(login: Login) -> None:
    marketer, partner = await login("leads", "marketing"), await login("leads", "partner")
    for caller in (marketer, partner):
        assert (await caller.post(PLANS, json={"period": WEEK})).status_code == 403
    assert await progress(marketer) == []
    refused = await partner.get(f"{PLANS}/progress", params={"period": WEEK})
    assert refused.status_code == 403


async def test_graphql_hands_in_and_shows_the_same(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    await planned(seller)
    submit = """
    mutation ($input: SubmitPlanInput!) {
      submitWorkPlan(input: $input, idempotencyKey: "one") {
        ... on WorkPlan { id period planned onTime owner { id } }
        ... on Problem { code }
      }
    }
    """
    answer = await seller.graphql("leads", submit, input={"period": WEEK})
    plan = answer["data"]["submitWorkPlan"]
    me = {"id": str(seller.actor.member_id)}
    assert plan == {"id": plan["id"], "period": WEEK, "planned": 1, "onTime": False, "owner": me}
    assert await seller.graphql("leads", submit, input={"period": WEEK}) == answer
    wrong = await seller.graphql("leads", submit.replace("one", "two"), input={"period": "2026"})
    assert wrong["data"]["submitWorkPlan"] == {"code": "period.invalid"}
    query = """
    query ($id: UUID!) {
      workPlan(id: $id) { period }
      workPlans(filter: {onTime: [false]}) { nodes { id } }
      workPlanProgress(period: "2026-W10") { assigned overdue completion planId owner { id } }
    }
    """
    assert (await seller.graphql("leads", query, id=plan["id"]))["data"] == {
        "workPlan": {"period": WEEK},
        "workPlans": {"nodes": [{"id": plan["id"]}]},
        "workPlanProgress": [
            {
                "assigned": 1,
                "overdue": 1,
                "completion": "0.0000",
                "planId": plan["id"],
                "owner": me,
            }
        ],
    }
