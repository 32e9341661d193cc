"""首次响应 by when a lead is answered, when it was, and who is told that it was not."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from crmkit.kernel import clock
from crmkit.kernel.actor import system as system_actor
from crmkit.testing.house import Caller, House
from crmkit.testing.plugin import Login
from services.leads.lead import commands
from services.leads.lead.domain import is_overdue, response_due
from services.leads.response_clock import ResponseClock
from tests.leads.samples import HISTORY, INTENT, made, new_lead, qualified_lead

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
SHANGHAI = ZoneInfo("Asia/Shanghai")
RESPONSE = timedelta(hours=2)


def test_a_lead_is_answered_within_business_time_where_the_tenant_is() -> None:
    friday_evening = datetime(2026, 11, 27, 9, 30, tzinfo=UTC)
    monday = datetime(2026, 11, 30, 2, 30, tzinfo=UTC)
    assert response_due(friday_evening, friday_evening, SHANGHAI, RESPONSE) == monday
    assert response_due(NOON, NOON, ZoneInfo("UTC"), RESPONSE) == NOON + RESPONSE


def test_what_is_recorded_late_has_no_clock() -> None:
    zone = ZoneInfo("UTC")
    assert response_due(NOON, NOON + RESPONSE, zone, RESPONSE) is None
    just = NOON + RESPONSE - timedelta(microseconds=1)
    assert response_due(NOON, just, zone, RESPONSE) == NOON + RESPONSE


@pytest.mark.parametrize(
    ("due", "responded", "told", "is_late"),
    [
        (NOON, None, None, True),
        (NOON, NOON, None, False),
        (NOON, None, NOON, False),
        (None, None, None, False),
        (NOON + timedelta(hours=1), None, None, False),
    ],
)
def test_only_an_open_question_is_overdue_and_told_once(
    due: datetime | None, responded: datetime | None, told: datetime | None, is_late: bool
) -> None:
    assert is_overdue(due, responded, told, NOON + timedelta(minutes=1)) is is_late


async def answered(caller: Caller, lead: Any) -> tuple[bool, Any]:
    now = (await caller.get(f"/v1/leads/{lead['id']}")).json()
    return now["first_responded_at"] is not None, now["first_response_minutes"]


async def test_a_new_lead_waits_for_an_answer_and_the_first_one_counts(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    lead = await new_lead(seller)
    assert lead["first_response_due_at"] > lead["received_at"]
    assert await answered(seller, lead) == (False, None)
    first = await made(seller, f"/v1/leads/{lead['id']}/work", {})
    assert await answered(seller, lead) == (True, 0)
    then = await made(seller, f"/v1/leads/{lead['id']}/qualify", INTENT)
    assert then["first_responded_at"] == first["first_responded_at"]


@pytest.mark.parametrize(
    ("action", "body"), [("qualify", INTENT), ("disqualify", {"reason": "No budget"})]
)
async def test_whoever_decides_about_a_lead_has_answered_it(
    login: Login, action: str, body: dict[str, Any]
) -> None:
    seller = await login("leads", "sales_rep")
    lead = await new_lead(seller)
    await made(seller, f"/v1/leads/{lead['id']}/{action}", body)
    assert await answered(seller, lead) == (True, 0)


async def test_a_call_answers_a_lead(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    lead = await new_lead(seller)
    call = {"kind": "call", "subject": "Hello", "lead_id": lead["id"]}
    await made(seller, "/v1/activities/log", call)
    assert await answered(seller, lead) == (True, 0)


async def test_a_lead_of_the_past_has_no_clock_but_an_answer(login: Login) -> None:
    importer = await login("leads", "admin", scopes={HISTORY})
    march = "2026-03-02T09:00:00Z"
    body = {"company": "Acme", "source": "web"}
    lead = await made(importer, "/v1/leads", body, occurred_at=march)
    assert lead["first_response_due_at"] is None
    path = f"/v1/leads/{lead['id']}/work"
    worked = await made(importer, path, {}, occurred_at="2026-03-02T10:00:00Z")
    assert worked["first_responded_at"] == "2026-03-02T10:00:00Z"
    assert worked["first_response_minutes"] is None


async def expire(house: House, *leads: Any) -> None:
    """Let the time of these leads be over."""
    system = await house.system("leads")
    over = "update lead set first_response_due_at = $1 where id = any($2::uuid[])"
    async with system.system() as connection:
        gone = clock.now() - timedelta(hours=1)
        await connection.execute(over, gone, [lead["id"] for lead in leads])


async def sweep(house: House) -> None:
    turn = ResponseClock(house.settings("leads"))
    executor, system = await house.executor("leads"), await house.system("leads")
    while await turn(executor, system):
        pass


async def test_who_waited_too_long_is_told_of_once(login: Login, house: House) -> None:
    seller = await login("leads", "sales_rep")
    late, fast, waiting = [await new_lead(seller) for _ in range(3)]
    await made(seller, f"/v1/leads/{fast['id']}/work", {})
    await expire(house, late)
    listed = await seller.get(
        "/v1/leads", params={"first_response_due_at_lt": clock.now().isoformat()}
    )
    assert [each["id"] for each in listed.json()["items"]] == [late["id"]]
    await sweep(house)
    await sweep(house)
    assert await seller.emitted(late["id"]) == ["lead.created.v1", "lead.response_overdue.v1"]
    told = (await seller.get("/v1/leads?response_overdue_at_null=false")).json()["items"]
    assert [each["id"] for each in told] == [late["id"]]
    assert await seller.emitted(waiting["id"]) == ["lead.created.v1"]
    assert await seller.emitted(fast["id"]) == ["lead.created.v1", "lead.worked.v1"]


async def test_what_is_answered_while_the_clock_looks_is_not_overdue(
    login: Login, house: House, tenant: UUID
) -> None:
    seller = await login("leads", "sales_rep")
    lead = await qualified_lead(seller)
    await expire(house, lead)
    executor = await house.executor("leads")
    system = Caller(seller.client, system_actor(tenant), executor)
    same = await system(commands.mark_overdue, UUID(lead["id"]))
    assert (same.version, same.response_overdue_at) == (2, None)
    await made(seller, f"/v1/leads/{lead['id']}/disqualify", {"reason": "x"})


async def test_a_lead_that_went_into_another_is_not_overdue(login: Login, house: House) -> None:
    seller = await login("leads", "sales_rep")
    target, source = await new_lead(seller), await new_lead(seller)
    await expire(house, source)
    await made(seller, f"/v1/leads/{target['id']}/merge", {"source_ids": [source["id"]]})
    await sweep(house)
    assert (await seller.emitted(source["id"]))[-1] == "lead.absorbed.v1"


async def test_graphql_shows_the_clock(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    lead = await new_lead(seller)
    query = """
    query { leads(filter: {firstRespondedAtNull: true}) {
      edges { node { id firstResponseDueAt firstRespondedAt responseOverdueAt } }
    } }
    """
    answer = await seller.graphql("leads", query)
    (edge,) = answer["data"]["leads"]["edges"]
    assert edge["node"] == {
        "id": lead["id"],
        "firstResponseDueAt": lead["first_response_due_at"],
        "firstRespondedAt": None,
        "responseOverdueAt": None,
    }
