from typing import Any

import pytest

from crmkit.kernel import ids
from crmkit.testing.house import Caller
from crmkit.testing.plugin import Login
from tests.leads.samples import HISTORY, made, new_account, new_lead

MARCH = "2026-03-02T09:00:00Z"
APRIL = "2026-04-02T09:00:00Z"
PLAN = {"kind": "visit", "subject": "See the plant", "due_at": APRIL}
CALL = {"kind": "call", "subject": "First call", "outcome": "They want a demo"}


async def planned(caller: Caller, **fields: Any) -> dict[str, Any]:
    return await made(caller, "/v1/activities", PLAN | fields)


async def test_a_plan_is_answered_whole_and_says_where_it_lives(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    answer = await seller.post("/v1/activities", json=PLAN)
    activity = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"] == f"/v1/activities/{activity['id']}"
    assert (activity["status"], activity["due_at"], activity["done_at"]) == ("planned", APRIL, None)
    assert (await seller.get(f"/v1/activities/{activity['id']}")).json() == activity


async def test_a_logged_activity_says_where_it_lives(login: Login) -> None:
    importer = await login("leads", "sales_rep", scopes=[HISTORY])
    answer = await importer.post("/v1/activities/log", json=CALL, headers={"occurred-at": MARCH})
    activity = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"] == f"/v1/activities/{activity['id']}"
    assert (activity["status"], activity["done_at"]) == ("done", MARCH)
    assert (await importer.get(answer.headers["location"])).json() == activity


async def test_logging_a_call_moves_its_lead_on(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    lead = await new_lead(seller)
    await made(seller, "/v1/activities/log", CALL | {"lead_id": lead["id"]})
    moved = (await seller.get(f"/v1/leads/{lead['id']}")).json()
    assert (moved["status"], moved["version"]) == ("working", 2)


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"kind": "lunch"}, "/kind"),
        ({"subject": ""}, "/subject"),
        ({"due_at": "2026-04-02T09:00:00"}, "/due_at"),
        ({"due_at": None}, "/due_at"),
        ({"outcome": "done already"}, "/outcome"),
        ({"lead_id": "x"}, "/lead_id"),
    ],
)
async def test_a_plan_that_breaks_a_rule_is_refused_by_field(
    login: Login, wrong: dict[str, Any], pointer: str
) -> None:
    seller = await login("leads", "sales_rep")
    answer = await seller.post("/v1/activities", json=PLAN | wrong)
    assert answer.status_code == 422
    assert [fault["pointer"] for fault in answer.json()["errors"]] == [pointer]


async def test_a_link_to_nothing_is_not_found(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    answer = await seller.post("/v1/activities", json=PLAN | {"lead_id": str(ids.new())})
    assert (answer.status_code, answer.json()["code"]) == (404, "lead.not_found")


async def test_a_change_names_the_version_it_changes(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    path = f"/v1/activities/{(await planned(seller))['id']}"
    assert (await seller.patch(path, json={"due_at": MARCH})).status_code == 428
    changed = await seller.patch(path, json={"due_at": MARCH}, headers={"if-match": '"1"'})
    assert (changed.status_code, changed.json()["due_at"]) == (200, MARCH)
    assert changed.json()["subject"] == PLAN["subject"]
    stale = await seller.patch(path, json={"kind": "call"}, headers={"if-match": '"1"'})
    assert (stale.status_code, stale.json()["version"]) == (412, 2)


async def test_a_plan_is_carried_out_once(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    path = f"/v1/activities/{(await planned(seller))['id']}"
    stale = await seller.post(f"{path}/complete", json={}, headers={"if-match": '"9"'})
    assert stale.status_code == 412
    done = await seller.post(f"{path}/complete", json={"outcome": "Good"})
    assert (done.status_code, done.json()["status"], done.json()["outcome"]) == (
        200,
        "done",
        "Good",
    )
    again = await seller.post(f"{path}/complete", json={})
    assert (again.status_code, again.json()["code"]) == (409, "lifecycle.illegal")
    assert (await seller.post(f"{path}/cancel")).status_code == 409
    late = await seller.patch(path, json={"subject": "x"}, headers={"if-match": '"2"'})
    assert (late.status_code, late.json()["code"]) == (409, "activity.closed")


async def test_a_cancelled_plan_is_not_carried_out(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    path = f"/v1/activities/{(await planned(seller))['id']}"
    assert (await seller.post(f"{path}/cancel")).json()["status"] == "cancelled"
    assert (await seller.post(f"{path}/complete", json={})).status_code == 409


async def test_a_call_logged_twice_under_one_key_is_one_call(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    key = {"idempotency-key": "one"}
    first = await seller.post("/v1/activities/log", json=CALL, headers=key)
    twin = await seller.post("/v1/activities/log", json=CALL, headers=key)
    assert (twin.status_code, twin.json()) == (201, first.json())
    assert twin.headers["idempotency-replayed"] == "true"
    other = await seller.post("/v1/activities/log", json=CALL | {"kind": "demo"}, headers=key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency.mismatch")
    assert len((await seller.get("/v1/activities")).json()["items"]) == 1


async def test_activities_are_filtered_by_what_they_are_about(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    lead, account = await new_lead(seller), await new_account(seller)
    opportunity = str(ids.new())
    for fields in (
        {"subject": "lead", "lead_id": lead["id"]},
        {"subject": "account", "account_id": account["id"], "kind": "demo"},
        {"subject": "opportunity", "opportunity_id": opportunity, "due_at": MARCH},
    ):
        await planned(seller, **fields)
    await made(seller, "/v1/activities/log", CALL)

    async def subjects(**query: Any) -> list[str]:
        page = (await seller.get("/v1/activities", params=query)).json()
        return [activity["subject"] for activity in page["items"]]

    assert await subjects() == ["First call", "opportunity", "account", "lead"]
    assert await subjects(lead_id=lead["id"]) == ["lead"]
    assert await subjects(account_id=account["id"]) == ["account"]
    assert await subjects(opportunity_id=opportunity) == ["opportunity"]
    assert await subjects(kind="demo,call") == ["First call", "account"]
    assert await subjects(due_at_lt=APRIL) == ["opportunity"]
    assert await subjects(status="done", done_at_gte=MARCH) == ["First call"]
    assert await subjects(q="COUN") == ["account"]
    assert (await subjects(status="planned", sort="due_at"))[0] == "opportunity"


async def test_a_seller_sees_own_activities_and_a_manager_those_below(login: Login) -> None:
    seller = await login("leads", "sales_rep", team="cn/east/ningbo")
    other = await login("leads", "sales_rep", team="cn/east/ningbo")
    manager = await login("leads", "sales_manager", team="cn/east")
    path = f"/v1/activities/{(await planned(seller))['id']}"
    assert (await other.get(path)).status_code == 404
    assert (await other.get("/v1/activities")).json()["items"] == []
    assert (await other.post(f"{path}/cancel")).status_code == 404
    assert (await manager.get(path)).status_code == 200
    assert (await manager.post(f"{path}/cancel")).status_code == 200


async def test_another_tenants_activity_is_not_there(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    stranger = await login("leads", "admin", tenant=ids.new())
    path = f"/v1/activities/{(await planned(seller))['id']}"
    for answer in (
        await stranger.get(path),
        await stranger.get(f"{path}/history"),
        await stranger.post(f"{path}/cancel"),
        await stranger.patch(path, json={"kind": "call"}, headers={"if-match": '"1"'}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "activity.not_found")


async def test_a_partner_has_no_activities(login: Login) -> None:
    partner = await login("leads", "partner")
    assert (await partner.get("/v1/activities")).status_code == 403


async def test_a_batch_logs_what_happened(login: Login) -> None:
    importer = await login("leads", "sales_rep", scopes=[HISTORY])
    lead = await made(importer, "/v1/leads", {"company": "A", "source": "web"}, occurred_at=MARCH)
    call = CALL | {"lead_id": lead["id"]}
    rows = [
        {"data": call, "occurred_at": MARCH},
        {"data": call, "occurred_at": APRIL},
        {"data": PLAN},
    ]
    results = (await made(importer, "/v1/activities/batch", {"rows": rows}))["rows"]
    assert [row["status"] for row in results] == [201, 201, 422]
    found = (await importer.get("/v1/activities", params={"sort": "done_at"})).json()["items"]
    assert [activity["done_at"] for activity in found] == [MARCH, APRIL]
    assert await importer.emitted(lead["id"]) == ["lead.created.v1", "lead.worked.v1"]


async def test_codes_have_labels(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    labels = (await seller.get("/v1/activities/enums")).json()
    assert {"code": "visit", "zh": "拜访", "en": "Visit"} in labels["kind"]
    assert [label["code"] for label in labels["status"]] == ["planned", "done", "cancelled"]


async def test_history_tells_how_it_went(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    path = f"/v1/activities/{(await planned(seller))['id']}"
    await made(seller, f"{path}/complete", {"outcome": "Good"})
    newest, oldest = (await seller.get(f"{path}/history")).json()["items"]
    assert newest["type"] == "activity.completed.v1"
    assert newest["changed"]["status"] == ["planned", "done"]
    assert (oldest["type"], oldest["state"]["status"]) == ("activity.planned.v1", "planned")


@pytest.mark.parametrize(
    "how",
    [
        {"kind": "call", "direction": "outbound", "connected": True},
        {"kind": "message", "direction": "outbound", "channel": "email"},
        {"kind": "message", "direction": "outbound", "channel": "social"},
        {"kind": "visit"},
    ],
)
async def test_a_lead_is_answered_by_telephone_mail_social_media_or_a_visit(
    login: Login, how: dict[str, Any]
) -> None:
    seller = await login("leads", "sales_rep")
    lead = await new_lead(seller)
    said = await made(seller, "/v1/activities/log", how | {"subject": "x", "lead_id": lead["id"]})
    assert {name: said[name] for name in how} == how
    asked = {name: str(value).lower() for name, value in how.items()}
    found = (await seller.get("/v1/activities", params=asked)).json()["items"]
    assert [each["id"] for each in found] == [said["id"]]
    answered = (await seller.get(f"/v1/leads/{lead['id']}")).json()
    assert (answered["status"], answered["first_responded_at"]) == ("working", said["done_at"])
    assert answered["first_response_minutes"] is not None
