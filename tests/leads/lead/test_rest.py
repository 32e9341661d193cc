from datetime import timedelta
from typing import Any

import pytest

from crmkit.kernel import clock, ids
from crmkit.testing.plugin import Login
from tests.leads.samples import HISTORY, INTENT, a_lead, made, new_lead, qualified_lead

MARCH = "2026-03-02T09:00:00Z"


async def test_a_created_lead_is_answered_whole_and_says_where_it_lives(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    budget = {"amount": "80000.50", "currency": "CNY"}
    answer = await seller.post("/v1/leads", json=a_lead(email="Li@Acme.CN", budget=budget))
    assert answer.status_code == 201
    lead = answer.json()
    assert answer.headers["location"] == f"/v1/leads/{lead['id']}"
    assert answer.headers["etag"] == '"1"'
    assert (lead["status"], lead["email"], lead["budget"]) == ("new", "li@acme.cn", budget)
    assert lead["received_at"].endswith("Z")
    shown = await seller.get(f"/v1/leads/{lead['id']}")
    assert (shown.status_code, shown.json()) == (200, lead)


async def test_a_lead_known_to_the_caller_is_not_sent_again(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    path = f"/v1/leads/{(await new_lead(seller))['id']}"
    answer = await seller.get(path, headers={"if-none-match": '"1"'})
    assert (answer.status_code, answer.content) == (304, b"")
    some = await seller.get(path, params={"fields": "id,company"})
    assert set(some.json()) == {"id", "company"}


@pytest.mark.parametrize(
    ("wrong", "pointer", "code"),
    [
        ({"compny": "Acme"}, "/compny", "field.unknown"),
        ({"company": ""}, "/company", "field.string_too_short"),
        ({"email": "nobody"}, "/email", "field.value_error"),
        ({"source": "The Web"}, "/source", "field.string_pattern_mismatch"),
        ({"budget": {"amount": 12, "currency": "CNY"}}, "/budget/amount", "field.value_error"),
        ({"budget": {"amount": "-1", "currency": "CNY"}}, "/budget/amount", None),
        ({"budget": {"amount": "1", "currency": "KWD"}}, "/budget/currency", "field.value_error"),
        ({"status": "converted"}, "/status", "field.unknown"),
    ],
)
async def test_a_lead_that_breaks_a_rule_is_refused_by_field(
    login: Login, wrong: dict[str, Any], pointer: str, code: str | None
) -> None:
    seller = await login("leads", "sales_rep")
    answer = await seller.post("/v1/leads", json=a_lead(**wrong))
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    (fault,) = answer.json()["errors"]
    assert fault["pointer"] == pointer
    assert code is None or fault["code"] == code


async def test_an_owner_nobody_knows_is_refused(login: Login) -> None:
    seller = await login("leads", "sales_director")
    answer = await seller.post("/v1/leads", json=a_lead(owner_id=str(ids.new())))
    assert (answer.status_code, answer.json()["code"]) == (422, "owner.unknown")
    assert answer.json()["errors"][0]["pointer"] == "/owner_id"


async def test_the_same_key_and_body_create_one_lead(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    key = {"idempotency-key": "one"}
    first = await seller.post("/v1/leads", json=a_lead(), headers=key)
    again = await seller.post("/v1/leads", json=a_lead(), headers=key)
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
    assert await seller.emitted(first.json()["id"]) == ["lead.created.v1"]
    page = await seller.get("/v1/leads")
    assert len(page.json()["items"]) == 1


async def test_a_key_stands_for_one_body(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    key = {"idempotency-key": "one"}
    await seller.post("/v1/leads", json=a_lead(), headers=key)
    other = await seller.post("/v1/leads", json=a_lead(company="Other"), headers=key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency.mismatch")


async def test_a_key_is_its_callers_own(login: Login) -> None:
    seller, other = await login("leads", "sales_rep"), await login("leads", "sales_rep")
    key = {"idempotency-key": "one"}
    first = await seller.post("/v1/leads", json=a_lead(), headers=key)
    second = await other.post("/v1/leads", json=a_lead(), headers=key)
    assert second.status_code == 201
    assert first.json()["id"] != second.json()["id"]


async def test_a_twin_of_a_conversion_is_replayed_though_the_lead_moved_on(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    path = f"/v1/leads/{(await qualified_lead(seller))['id']}/convert"
    key = {"idempotency-key": "convert"}
    first = await seller.post(path, json={}, headers=key)
    twin = await seller.post(path, json={}, headers=key)
    assert (twin.status_code, twin.json()) == (200, first.json())
    bare = await seller.post(path, json={})
    assert (bare.status_code, bare.json()) == (200, first.json())
    other = await seller.post(path, json={"opportunity_name": "Another"})
    assert (other.status_code, other.json()["code"]) == (409, "lifecycle.illegal")


async def test_a_refused_request_may_be_sent_again_under_its_key(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    lead = await new_lead(seller)
    key = {"idempotency-key": "again"}
    early = await seller.post(f"/v1/leads/{lead['id']}/convert", json={}, headers=key)
    assert (early.status_code, early.json()["allowed"]) == (
        409,
        ["disqualified", "qualified", "working"],
    )
    await made(seller, f"/v1/leads/{lead['id']}/qualify", INTENT)
    late = await seller.post(f"/v1/leads/{lead['id']}/convert", json={}, headers=key)
    assert (late.status_code, late.json()["status"]) == (200, "converted")
    assert late.json()["opportunity_id"]


async def test_a_change_names_the_version_it_changes(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    path = f"/v1/leads/{(await new_lead(seller))['id']}"
    bare = await seller.patch(path, json={"need": "a line"})
    assert (bare.status_code, bare.json()["code"]) == (428, "version.required")
    changed = await seller.patch(path, json={"need": "a line"}, headers={"if-match": '"1"'})
    assert (changed.status_code, changed.json()["need"]) == (200, "a line")
    assert changed.headers["etag"] == '"2"'
    stale = await seller.patch(path, json={"need": "two"}, headers={"if-match": '"1"'})
    assert (stale.status_code, stale.json()["version"]) == (412, 2)
    assert (await seller.get(path)).json() == changed.json()


async def test_an_action_honours_if_match_where_it_is_given(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    path = f"/v1/leads/{(await new_lead(seller))['id']}/work"
    stale = await seller.post(path, headers={"if-match": '"7"'})
    assert stale.status_code == 412
    worked = await seller.post(path, headers={"if-match": '"1"'})
    assert (worked.status_code, worked.json()["status"]) == (200, "working")


async def test_null_clears_what_may_be_missing_and_nothing_else(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    lead = await new_lead(seller, phone="+86 21 5555", budget={"amount": "1", "currency": "CNY"})
    path, match = f"/v1/leads/{lead['id']}", {"if-match": '"1"'}
    refused = await seller.patch(path, json={"company": None}, headers=match)
    assert refused.status_code == 422
    changed = await seller.patch(path, json={"phone": None, "budget": None}, headers=match)
    assert (changed.json()["phone"], changed.json()["budget"]) == (None, None)
    assert changed.json()["company"] == "Acme"


async def test_a_seller_sees_own_leads_only(login: Login) -> None:
    seller, other = await login("leads", "sales_rep"), await login("leads", "sales_rep")
    mine, theirs = await new_lead(seller), await new_lead(other)
    page = (await seller.get("/v1/leads")).json()
    assert [lead["id"] for lead in page["items"]] == [mine["id"]]
    for path in (f"/v1/leads/{theirs['id']}", f"/v1/leads/{theirs['id']}/history"):
        assert (await seller.get(path)).status_code == 404
    hidden = await seller.post(f"/v1/leads/{theirs['id']}/work")
    assert (hidden.status_code, hidden.json()["code"]) == (404, "lead.not_found")


async def test_another_tenants_lead_is_not_there(login: Login) -> None:
    director = await login("leads", "sales_director")
    stranger = await login("leads", "admin", tenant=ids.new())
    lead = await new_lead(director)
    path = f"/v1/leads/{lead['id']}"
    assert (await stranger.get(path)).status_code == 404
    assert (await stranger.get(f"{path}/history")).status_code == 404
    assert (await stranger.post(f"{path}/work")).status_code == 404
    assert (await stranger.delete(path)).status_code == 404
    patched = await stranger.patch(path, json={"need": "x"}, headers={"if-match": '"1"'})
    assert patched.status_code == 404
    assert (await stranger.get("/v1/leads")).json()["items"] == []


@pytest.mark.parametrize("role", ["finance", "delivery"])
async def test_who_has_no_business_with_leads_is_refused(login: Login, role: str) -> None:
    caller = await login("leads", role)
    listed = await caller.get("/v1/leads")
    assert (listed.status_code, listed.json()["code"]) == (403, "forbidden")
    assert (await caller.post("/v1/leads", json=a_lead())).status_code in {403, 404}


async def test_an_auditor_reads_and_changes_nothing(login: Login) -> None:
    seller, auditor = await login("leads", "sales_rep"), await login("leads", "auditor")
    lead = await new_lead(seller)
    assert (await auditor.get(f"/v1/leads/{lead['id']}")).json() == lead
    assert (await auditor.post(f"/v1/leads/{lead['id']}/work")).status_code == 403


async def test_a_deleted_lead_is_gone_until_it_is_restored(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    path = f"/v1/leads/{(await new_lead(seller))['id']}"
    assert (await seller.delete(path)).status_code == 204
    assert (await seller.get(path)).status_code == 404
    assert (await seller.delete(path)).status_code == 404
    assert (await seller.get("/v1/leads")).json()["items"] == []
    restored = await seller.post(f"{path}/restore")
    assert (restored.status_code, restored.json()["version"]) == (200, 3)
    assert (await seller.get(path)).status_code == 200


async def test_history_tells_what_changed_newest_first(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    path = f"/v1/leads/{(await new_lead(seller))['id']}"
    await seller.patch(path, json={"need": "a line"}, headers={"if-match": '"1"'})
    entries = (await seller.get(f"{path}/history")).json()["items"]
    assert [e["type"] for e in entries] == ["lead.updated.v1", "lead.created.v1"]
    assert entries[0]["changed"] == {"need": ["", "a line"]}
    assert entries[0]["actor"] == f"member:{seller.actor.member_id}"
    older = (await seller.get(f"{path}/history", params={"before": 2})).json()["items"]
    assert [e["version"] for e in older] == [1]


async def test_who_may_write_history_says_when_it_happened(login: Login) -> None:
    importer = await login("leads", "sales_director", scopes=[HISTORY])
    lead = await made(importer, "/v1/leads", a_lead(), occurred_at=MARCH)
    assert lead["received_at"] == MARCH
    (entry,) = (await importer.get(f"/v1/leads/{lead['id']}/history")).json()["items"]
    assert entry["occurred_at"] == MARCH
    assert entry["recorded_at"] > MARCH


async def test_the_past_is_not_for_everybody_and_the_future_for_nobody(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    importer = await login("leads", "sales_rep", scopes=[HISTORY])
    past = await seller.post("/v1/leads", json=a_lead(), headers={"occurred-at": MARCH})
    assert (past.status_code, past.json()["code"]) == (403, "history.forbidden")
    tomorrow = (clock.now() + timedelta(days=1)).isoformat()
    ahead = await importer.post("/v1/leads", json=a_lead(), headers={"occurred-at": tomorrow})
    assert (ahead.status_code, ahead.json()["code"]) == (422, "history.future")


async def test_codes_have_labels(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    labels = (await seller.get("/v1/leads/enums")).json()
    assert {"code": "new", "zh": "新线索", "en": "New"} in labels["status"]
    assert [label["code"] for label in labels["intent"]] == ["a", "b", "c", "d"]


async def test_a_list_is_filtered_sorted_and_paged(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    for n in range(5):
        await new_lead(seller, company=f"Acme {n}", budget={"amount": f"{n}.00", "currency": "CNY"})
    query: dict[str, Any] = {"budget_gte": "1", "sort": "company", "limit": 3, "count": "exact"}
    first = await seller.get("/v1/leads", params=query)
    page = first.json()
    assert [lead["company"] for lead in page["items"]] == ["Acme 1", "Acme 2", "Acme 3"]
    assert page["total"] == 4
    assert 'rel="next"' in first.headers["link"]
    rest = await seller.get("/v1/leads", params={**query, "cursor": page["next_cursor"]})
    assert [lead["company"] for lead in rest.json()["items"]] == ["Acme 4"]
    assert rest.json()["next_cursor"] is None
    found = await seller.get("/v1/leads", params={"q": "me 2", "status": "new,working"})
    assert [lead["company"] for lead in found.json()["items"]] == ["Acme 2"]


async def test_an_unknown_filter_is_refused_by_name(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    answer = await seller.get("/v1/leads", params={"stauts": "new"})
    assert answer.status_code in {400, 422}
    assert "stauts" in answer.json()["detail"]
    assert "status" in answer.json()["detail"]


async def test_a_lead_is_taken_down_followed_up_and_converted(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    known = {"contact_name": "王静", "phone": "13800000001", "email": "wang@example.com"}
    wanted = {"need": "两条产线", "product": "S5", "budget": INTENT["budget"]}
    lead = await new_lead(seller, **known, **wanted)
    assert {name: lead[name] for name in known | wanted} == known | wanted
    path = f"/v1/leads/{lead['id']}"
    call = {"kind": "call", "subject": "x", "connected": True, "lead_id": lead["id"]}
    for way, body, status in (
        (f"{path}/qualify", {"intent": "b"}, "qualified"),
        (f"{path}/convert", {}, "converted"),
    ):
        if status == "qualified":
            assert (await seller.get("/v1/leads?status=new")).json()["items"] == [lead]
            await made(seller, "/v1/activities/log", call)
            assert (await seller.get(path)).json()["status"] == "working"
        lead = await made(seller, way, body)
        assert lead["status"] == status
        assert (await seller.get(f"/v1/leads?status={status}")).json()["items"] == [lead]
    assert {name: lead[name] for name in known | wanted} == known | wanted
    assert (lead["account_id"] and lead["opportunity_id"]) is not None
    again = await seller.patch(path, json={"need": "x"}, headers={"if-match": '"4"'})
    assert (again.status_code, again.json()["code"]) == (409, "lead.closed")
