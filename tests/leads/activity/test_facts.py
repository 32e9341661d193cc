"""What is said about an activity besides words, and the step that comes next."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from crmkit.kernel import clock, ids
from crmkit.testing.house import Caller
from crmkit.testing.plugin import Login
from services.leads.activity.domain import FITTING, ActivityKind
from tests.leads.samples import HISTORY, made, new_account, new_contact, new_lead

MARCH, LATER = "2026-03-02T09:00:00Z", "2026-03-03T09:00:00Z"
PLAN = {"kind": "visit", "subject": "See the plant", "due_at": MARCH}
CALL = {"kind": "call", "subject": "First call"}
SHANGHAI = {"latitude": "31.230416", "longitude": "121.473701", "place": "People's Square"}
FACTS = {
    "direction": "outbound",
    "connected": True,
    "outcome_code": "objected",
    "objection": "price",
    "sentiment": "hesitant",
    "duration_minutes": 25,
    "notes": "They compare us with two others",
}
LOG, ALL = "/v1/activities/log", "/v1/activities"


async def test_a_call_keeps_what_was_said_about_it(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    contact = (await new_contact(seller, await new_account(seller)))["id"]
    call = await made(seller, LOG, CALL | FACTS | {"contact_id": contact})
    assert {name: call[name] for name in FACTS} == FACTS
    assert (call["contact_id"], call["outcome"]) == (contact, "")
    assert (await seller.get(f"{ALL}/{call['id']}")).json() == call
    (event,) = (await seller.get(f"{ALL}/{call['id']}/history")).json()["items"]
    assert {name: event["state"][name] for name in FACTS} == FACTS


async def test_a_plan_is_completed_with_facts_and_keeps_what_was_planned(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    plan = CALL | {"due_at": MARCH, "direction": "outbound", "notes": "Ask for the budget"}
    call = await made(seller, ALL, plan)
    facts = {"connected": False, "outcome_code": "not_reached"}
    done = await made(seller, f"{ALL}/{call['id']}/complete", facts)
    assert (done["direction"], done["notes"]) == ("outbound", "Ask for the budget")
    assert (done["connected"], done["outcome_code"]) == (False, "not_reached")


async def test_the_kinds_of_the_trade_are_logged(login: Login) -> None:
    """产品演示、销售拜访、谈判, and what else is done to sell, are told apart."""
    seller = await login("leads", "sales_rep")
    logged = {
        kind: await made(seller, LOG, {"kind": kind, "subject": kind})
        for kind in ("demo", "visit", "negotiation", "site_show", "return_visit", "technical")
    }
    for kind, one in logged.items():
        found = (await seller.get(ALL, params={"kind": kind})).json()["items"]
        assert [each["id"] for each in found] == [one["id"]]
    labels = {each["code"]: each["zh"] for each in await _labels(seller)}
    assert [labels[kind] for kind in ("demo", "visit", "negotiation")] == ["演示", "拜访", "谈判"]


async def _labels(seller: Caller) -> list[dict[str, str]]:
    codes: list[dict[str, str]] = (await seller.get(f"{ALL}/enums")).json()["kind"]
    return codes


async def test_who_arrives_checks_in_before_the_visit_is_done(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    path = f"{ALL}/{(await made(seller, ALL, PLAN))['id']}"
    arrived = await made(seller, f"{path}/check-in", SHANGHAI | {"at": MARCH})
    assert (arrived["status"], arrived["checked_in_at"]) == ("planned", MARCH)
    assert {name: arrived[name] for name in SHANGHAI} == SHANGHAI
    done = await made(seller, f"{path}/complete", {"outcome": "Good"})
    assert (done["checked_in_at"], done["place"]) == (MARCH, "People's Square")
    late = await seller.post(f"{path}/check-in", json=SHANGHAI)
    assert (late.status_code, late.json()["code"]) == (409, "activity.closed")
    told = ["activity.planned.v1", "activity.checked_in.v1", "activity.completed.v1"]
    assert await seller.emitted(done["id"]) == told


async def test_a_check_in_is_of_when_it_happened(login: Login) -> None:
    importer = await login("leads", "sales_rep", scopes=[HISTORY])
    visit = {"kind": "visit", "subject": "x", "check_in": SHANGHAI}
    logged = await made(importer, LOG, visit, occurred_at=MARCH)
    assert (logged["checked_in_at"], logged["latitude"]) == (MARCH, "31.230416")


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"latitude": "90.000001"}, "/latitude"),
        ({"latitude": "31.2304167"}, "/latitude"),
        ({"latitude": 31.23}, "/latitude"),
        ({"longitude": "-180.1"}, "/longitude"),
        ({"longitude": "1e2"}, "/longitude"),
        ({"place": "x" * 201}, "/place"),
    ],
)
async def test_a_place_that_is_none_is_refused(
    login: Login, wrong: dict[str, Any], pointer: str
) -> None:
    seller = await login("leads", "sales_rep")
    path = f"{ALL}/{(await made(seller, ALL, PLAN))['id']}/check-in"
    answer = await seller.post(path, json=SHANGHAI | wrong)
    assert answer.status_code == 422
    assert [fault["pointer"] for fault in answer.json()["errors"]] == [pointer]


GIVEN = {"direction": "inbound", "connected": True, "channel": "wechat", "check_in": SHANGHAI}


@pytest.mark.parametrize("name", sorted(FITTING))
async def test_a_fact_of_another_kind_is_refused_at_every_door(login: Login, name: str) -> None:
    seller = await login("leads", "sales_rep")
    other = next(kind for kind in ActivityKind if kind not in FITTING[name])
    unfit = {"kind": other, "subject": "x", name: GIVEN[name]}
    planned = await made(seller, ALL, {"kind": other, "subject": "x", "due_at": MARCH})
    path = f"{ALL}/{planned['id']}"
    answers = [
        await seller.post(LOG, json=unfit),
        await seller.post(f"{path}/complete", json={name: GIVEN[name]}),
    ]
    if name in ("direction", "channel"):
        answers.append(await seller.post(ALL, json=unfit | {"due_at": MARCH}))
        changed = {"if-match": '"1"'}
        answers.append(await seller.patch(path, json={name: GIVEN[name]}, headers=changed))
    if name == "check_in":
        answers.append(await seller.post(f"{path}/check-in", json=SHANGHAI))
    for answer in answers:
        assert (answer.status_code, answer.json()["code"]) == (422, "activity.unfit")
        assert answer.json()["errors"][0]["pointer"] == f"/{name}"


async def test_a_plan_of_one_kind_does_not_become_one_its_facts_do_not_fit(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    note = {"kind": "message", "subject": "x", "due_at": MARCH, "channel": "sms"}
    path = f"{ALL}/{(await made(seller, ALL, note))['id']}"
    refused = await seller.patch(path, json={"kind": "call"}, headers={"if-match": '"1"'})
    assert refused.json()["code"] == "activity.unfit"
    both = {"kind": "call", "channel": None}
    changed = await seller.patch(path, json=both, headers={"if-match": '"1"'})
    assert (changed.json()["kind"], changed.json()["channel"]) == ("call", None)


async def test_a_next_step_is_planned_with_what_led_to_it(login: Login) -> None:
    seller = await login("leads", "sales_rep", team="cn/east")
    lead, account = await new_lead(seller), await new_account(seller)
    about = {"lead_id": lead["id"], "account_id": account["id"], "opportunity_id": str(ids.new())}
    step = {"what": "Show the line", "due": LATER, "kind": "demo"}
    done = await made(seller, LOG, CALL | about | {"next_step": step})
    following = (await seller.get(f"{ALL}/{done['follow_up_id']}")).json()
    assert {name: following[name] for name in about} == about
    assert (following["subject"], following["kind"]) == ("Show the line", "demo")
    assert (following["due_at"], following["status"]) == (LATER, "planned")
    assert (following["follows_id"], following["owner_id"]) == (done["id"], done["owner_id"])
    finished = await made(
        seller, f"{ALL}/{following['id']}/complete", {"next_step": {"what": "Ask", "due": LATER}}
    )
    last = (await seller.get(f"{ALL}/{finished['follow_up_id']}")).json()
    assert (last["kind"], last["follows_id"]) == ("call", following["id"])


async def test_what_came_of_something_and_the_next_step_are_one_change(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    step = {"what": "x", "due": "2026-03-03"}
    refused = await seller.post(LOG, json=CALL | {"next_step": step})
    assert refused.status_code == 422
    assert (await seller.get(ALL)).json()["items"] == []
    key = {"idempotency-key": "one"}
    body = CALL | {"next_step": {"what": "x", "due": LATER}}
    for _ in range(2):
        assert (await seller.post(LOG, json=body, headers=key)).status_code == 201
    assert len((await seller.get(ALL)).json()["items"]) == 2


async def test_activities_are_filtered_by_each_fact(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    contact = (await new_contact(seller, await new_account(seller)))["id"]
    await made(seller, LOG, CALL | FACTS | {"contact_id": contact})
    note = {"kind": "message", "subject": "Note", "channel": "wechat", "direction": "inbound"}
    await made(seller, LOG, note)

    async def subjects(**query: Any) -> list[str]:
        page = (await seller.get(ALL, params={"sort": "done_at"} | query)).json()
        return [activity["subject"] for activity in page["items"]]

    assert await subjects() == ["First call", "Note"]
    assert await subjects(direction="outbound") == ["First call"]
    assert await subjects(direction="inbound,outbound") == ["First call", "Note"]
    assert await subjects(connected="true") == ["First call"]
    assert await subjects(connected_null="true") == ["Note"]
    assert await subjects(channel="wechat,sms") == ["Note"]
    assert await subjects(outcome_code="objected") == ["First call"]
    assert await subjects(objection="price", sentiment="hesitant") == ["First call"]
    assert await subjects(objection="need") == []
    assert await subjects(duration_minutes_gte="25") == ["First call"]
    assert await subjects(contact_id=contact) == ["First call"]


async def test_activities_are_asked_for_by_day_and_week_where_the_tenant_lives(
    login: Login,
) -> None:
    seller = await login("leads", "sales_rep")
    for at in ("2026-03-01T23:59:59Z", "2026-03-02T00:00:00Z", "2026-03-08T23:59:59Z"):
        await made(seller, ALL, PLAN | {"due_at": at, "subject": at})

    async def due(**query: str) -> list[str]:
        page = await seller.get(ALL, params={"sort": "due_at"} | query)
        return [each["subject"][5:10] for each in page.json()["items"]]

    assert await due(due_in="2026-W10") == ["03-02", "03-08"]
    assert await due(due_in="2026-03-02") == ["03-02"]
    assert await due(due_in="2026-03") == ["03-01", "03-02", "03-08"]
    assert await due(due_in="2026-W10", due_at_gt="2026-03-03T00:00:00Z") == ["03-08"]
    page = (
        await seller.get(ALL, params={"due_in": "2026-W10", "limit": "1", "sort": "due_at"})
    ).json()
    rest = {"due_in": "2026-W10", "sort": "due_at", "cursor": page["next_cursor"]}
    assert await due(**rest) == ["03-08"]
    other = await seller.get(ALL, params=rest | {"due_in": "2026-W11"})
    assert other.json()["code"] == "cursor.invalid"


@pytest.mark.parametrize("label", ["2026-W54", "2026-02-30", "yesterday", "2026", ""])
async def test_a_period_that_is_none_is_refused(login: Login, label: str) -> None:
    seller = await login("leads", "sales_rep")
    answer = await seller.get(ALL, params={"due_in": label})
    assert (answer.status_code, answer.json()["code"]) == (400, "parameter.invalid")


async def test_what_is_overdue_and_what_was_late_are_told_apart(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    now = clock.now()
    tomorrow = (now + timedelta(1)).isoformat()
    for subject, due in (("missed", MARCH), ("kept", tomorrow), ("late", MARCH), ("off", MARCH)):
        planned = await made(seller, ALL, PLAN | {"subject": subject, "due_at": due})
        if subject == "late":
            await made(seller, f"{ALL}/{planned['id']}/complete", {})
        if subject == "off":
            await made(seller, f"{ALL}/{planned['id']}/cancel", {})
    await made(seller, LOG, CALL | {"subject": "sudden"})

    async def subjects(**query: str) -> set[str]:
        page = (await seller.get(ALL, params=query)).json()
        return {activity["subject"] for activity in page["items"]}

    assert await subjects(overdue="true") == {"missed"}
    assert await subjects(overdue="false") == {"kept", "late", "off", "sudden"}
    assert await subjects(late="true") == {"late"}
    assert await subjects(late="false") == {"missed", "kept", "off", "sudden"}


async def test_what_was_overdue_then_is_told_as_of_then(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    soon = clock.now() + timedelta(hours=1)
    planned = await made(seller, ALL, PLAN)
    kept = await made(seller, ALL, PLAN | {"due_at": soon.isoformat()})
    then = {"as_of": kept["created_at"], "overdue": "true"}
    await made(seller, f"{ALL}/{planned['id']}/complete", {})
    assert (await seller.get(ALL, params={"overdue": "true"})).json()["items"] == []
    past = (await seller.get(ALL, params=then)).json()["items"]
    assert [activity["id"] for activity in past] == [planned["id"]]


async def test_graphql_takes_and_shows_the_same(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    log = """
    mutation ($input: ActivityLogInput!) {
      logActivity(input: $input) {
        ... on Activity {
          id checkedInAt latitude place sentiment followUp { subject dueAt follows { id } }
        }
        ... on Problem { code }
      }
    }
    """
    given = {
        "kind": "RETURN_VISIT",
        "subject": "How is the line",
        "sentiment": "PLEASED",
        "checkIn": SHANGHAI | {"at": MARCH},
        "nextStep": {"what": "Ask for referrals", "due": LATER},
    }
    done = (await seller.graphql("leads", log, input=given))["data"]["logActivity"]
    following = {"subject": "Ask for referrals", "dueAt": LATER, "follows": {"id": done["id"]}}
    assert done == {
        "id": done["id"],
        "checkedInAt": MARCH,
        "latitude": "31.230416",
        "place": "People's Square",
        "sentiment": "PLEASED",
        "followUp": following,
    }
    unfit = given | {"kind": "DEMO"}
    refused = (await seller.graphql("leads", log, input=unfit))["data"]["logActivity"]
    assert refused == {"code": "activity.unfit"}
    plan = await made(seller, ALL, PLAN)
    arrive = """
    mutation ($id: UUID!, $input: CheckInInput!) {
      checkInActivity(id: $id, input: $input) { ... on Activity { status place } }
    }
    """
    arrived = await seller.graphql("leads", arrive, id=plan["id"], input=SHANGHAI)
    assert arrived["data"]["checkInActivity"] == {"status": "PLANNED", "place": SHANGHAI["place"]}
    query = """
    { activities(filter: {dueIn: "2026-W10", overdue: true}) { nodes { id } }
      done: activities(filter: {sentiment: [PLEASED], late: false}) { nodes { id } } }
    """
    found = (await seller.graphql("leads", query))["data"]
    assert {each["id"] for each in found["activities"]["nodes"]} >= {plan["id"]}
    assert found["done"]["nodes"] == [{"id": done["id"]}]


async def test_all_codes_are_in_the_catalogue(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    labels = (await seller.get(f"{ALL}/enums")).json()
    assert {"code": "site_show", "zh": "样板房展示", "en": "Show-flat tour"} in labels["kind"]
    assert set(labels) == {
        "kind",
        "status",
        "direction",
        "channel",
        "outcome_code",
        "objection",
        "sentiment",
    }
    assert {"code": "hesitant", "zh": "犹豫", "en": "Hesitant"} in labels["sentiment"]


async def test_an_account_remembers_when_somebody_there_was_first_spoken_to(login: Login) -> None:
    seller = await login("leads", "sales_rep", scopes=[HISTORY])
    other = await login("leads", "sales_rep", scopes=[HISTORY])
    account = await new_account(seller)
    about, path = {"account_id": account["id"]}, f"/v1/accounts/{account['id']}"

    async def first() -> str | None:
        known: str | None = (await seller.get(path)).json()["contacted_at"]
        return known

    note = {"kind": "message", "subject": "x"}
    for body in (note, CALL, CALL | {"connected": False}):
        await made(seller, LOG, body | about, occurred_at=MARCH)
    assert await first() is None
    visit = await made(other, ALL, PLAN | about)
    await made(other, f"{ALL}/{visit['id']}/complete", {}, occurred_at=LATER)
    assert await first() == LATER
    await made(seller, LOG, CALL | about | {"connected": True}, occurred_at=MARCH)
    await made(seller, LOG, CALL | about | {"connected": True})
    assert await first() == MARCH
    told = ["account.created.v1", "account.contacted.v1", "account.contacted.v1"]
    assert await seller.emitted(account["id"]) == told
    listed = await seller.get("/v1/accounts", params={"contacted_at_lt": LATER})
    assert [each["id"] for each in listed.json()["items"]] == [account["id"]]


async def test_two_who_are_first_at_once_make_one_first_contact(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    account = await new_account(seller)
    call = CALL | {"connected": True, "account_id": account["id"]}
    answers = await asyncio.gather(*(seller.post(LOG, json=call) for _ in range(4)))
    assert [answer.status_code for answer in answers] == [201] * 4
    told = await seller.emitted(account["id"])
    first = min(answer.json()["done_at"] for answer in answers)
    assert (await seller.get(f"/v1/accounts/{account['id']}")).json()["contacted_at"] == first
    assert set(told) == {"account.created.v1", "account.contacted.v1"}


@pytest.mark.parametrize("theirs", [True, False])
async def test_a_contact_that_is_not_there_for_the_caller_is_in_no_activity(
    login: Login, theirs: bool
) -> None:
    seller, other = await login("leads", "sales_rep"), await login("leads", "sales_rep")
    with_whom = {"contact_id": str(ids.new())}
    if theirs:
        with_whom["contact_id"] = (await new_contact(other, await new_account(other)))["id"]
    path = f"{ALL}/{(await made(seller, ALL, PLAN))['id']}"
    refused = [
        await seller.post(ALL, json=PLAN | with_whom),
        await seller.post(LOG, json=CALL | with_whom),
        await seller.patch(path, json=with_whom, headers={"if-match": '"1"'}),
        await seller.post(f"{path}/complete", json=with_whom),
    ]
    for answer in refused:
        assert (answer.status_code, answer.json()["code"]) == (404, "contact.not_found")


async def test_nobody_calls_a_contact_who_was_put_away(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    contact = await new_contact(seller, await new_account(seller))
    await seller.delete(f"/v1/contacts/{contact['id']}")
    answer = await seller.post(LOG, json=CALL | {"contact_id": contact["id"]})
    assert (answer.status_code, answer.json()["code"]) == (404, "contact.not_found")
