import re
from typing import Any
from uuid import UUID

import pytest

from crmkit.kernel import ids
from crmkit.testing.house import Caller, House
from crmkit.testing.plugin import Login
from tests.contracts.conftest import Deal, Draft


async def test_a_draft_is_answered_in_full_with_its_number_and_place(director: Caller) -> None:
    body = {
        "title": "Press line",
        "amount": {"amount": "12000.5", "currency": "CNY"},
        "product": "P-500",
        "source": "referral",
    }
    answer = await director.post("/v1/contracts", json=body)
    assert answer.status_code == 201
    made = answer.json()
    assert answer.headers["location"] == f"/v1/contracts/{made['id']}"
    assert answer.headers["etag"] == '"1"'
    assert re.fullmatch(r"C-\d{8}-[0-9A-Z]{6}", made["number"])
    assert made["amount"] == {"amount": "12000.50", "currency": "CNY"}
    assert made["collected"] == {"amount": "0.00", "currency": "CNY"}
    assert (made["status"], made["team"]) == ("draft", "cn/east")
    assert made["owner_id"] == str(director.actor.member_id)
    assert await director.emitted(UUID(made["id"])) == ["contract.drafted.v1"]


async def test_a_draft_taken_from_history_carries_its_business_day(director: Caller) -> None:
    body = {"title": "Old", "amount": {"amount": "1.00", "currency": "CNY"}}
    headers = {"occurred-at": "2024-02-29T08:00:00Z"}
    made = (await director.post("/v1/contracts", json=body, headers=headers)).json()
    assert made["number"].startswith("C-20240229-")
    assert made["drafted_at"] == "2024-02-29T08:00:00Z"


async def test_a_draft_can_be_changed_under_its_version(director: Caller, draft: Draft) -> None:
    contract = await draft()
    path = f"/v1/contracts/{contract['id']}"
    patch = {"title": "Press line II", "amount": {"amount": "9.00", "currency": "EUR"}}
    assert (await director.patch(path, json=patch)).status_code == 428
    changed = await director.patch(path, json=patch, headers={"if-match": '"1"'})
    assert changed.status_code == 200
    assert changed.json()["title"] == "Press line II"
    assert changed.json()["amount"] == {"amount": "9.00", "currency": "EUR"}
    stale = await director.patch(path, json={"title": "x"}, headers={"if-match": '"1"'})
    assert stale.status_code == 412


async def test_what_must_be_there_cannot_be_taken_away(director: Caller, draft: Draft) -> None:
    contract = await draft()
    for field in ("title", "amount", "owner_id"):
        answer = await director.patch(
            f"/v1/contracts/{contract['id']}", json={field: None}, headers={"if-match": '"1"'}
        )
        assert answer.status_code == 422, field


async def test_a_signed_contract_cannot_be_changed(director: Caller, draft: Draft) -> None:
    contract = await draft()
    path = f"/v1/contracts/{contract['id']}"
    assert (await director.post(f"{path}/sign")).status_code == 200
    answer = await director.patch(path, json={"title": "x"}, headers={"if-match": '"2"'})
    assert (answer.status_code, answer.json()["code"]) == (409, "contract.not_draft")


async def test_one_opportunity_has_one_contract_unless_it_was_voided(
    director: Caller, draft: Draft, deal: Deal
) -> None:
    opportunity_id = await deal(director.actor.member_id)
    first = await draft(opportunity_id=opportunity_id)
    body = {
        "title": "Again",
        "opportunity_id": opportunity_id,
        "amount": {"amount": "1.00", "currency": "CNY"},
    }
    twin = await director.post("/v1/contracts", json=body)
    assert (twin.status_code, twin.json()["code"]) == (409, "contract.exists")
    path = f"/v1/contracts/{first['id']}/void"
    assert (await director.post(path, json={"reason": "wrong"})).status_code == 200
    assert (await director.post("/v1/contracts", json=body)).status_code == 201


@pytest.mark.parametrize("known", [False, True])
async def test_nobody_drafts_a_contract_on_a_deal_out_of_their_scope(
    login: Login, deal: Deal, known: bool
) -> None:
    manager = await login("contracts", "sales_manager", team="cn/east")
    theirs = await deal(ids.new(), "cn/west") if known else str(ids.new())
    amount = {"amount": "1.00", "currency": "CNY"}
    body = {"title": "Steal", "opportunity_id": theirs, "amount": amount}
    refused = await manager.post("/v1/contracts", json=body)
    assert (refused.status_code, refused.json()["code"]) == (422, "opportunity.unknown")
    own = (await manager.post("/v1/contracts", json={"title": "Own", "amount": amount})).json()
    patched = await manager.patch(
        f"/v1/contracts/{own['id']}",
        json={"opportunity_id": theirs},
        headers={"if-match": '"1"'},
    )
    assert (patched.status_code, patched.json()["code"]) == (422, "opportunity.unknown")
    ours = await deal(ids.new(), "cn/east/ningbo")
    answer = await manager.post("/v1/contracts", json=body | {"opportunity_id": ours})
    assert answer.status_code == 201


async def test_a_rep_sees_and_drafts_only_their_own_and_signs_none(
    login: Login, draft: Draft
) -> None:
    rep = await login("contracts", "sales_rep")
    others = await draft()
    body = {"title": "Mine", "amount": {"amount": "5.00", "currency": "CNY"}}
    mine = (await rep.post("/v1/contracts", json=body)).json()
    listed = (await rep.get("/v1/contracts")).json()["items"]
    assert [each["id"] for each in listed] == [mine["id"]]
    assert (await rep.get(f"/v1/contracts/{others['id']}")).status_code == 404
    assert (await rep.post(f"/v1/contracts/{mine['id']}/sign", json={})).status_code == 403
    plan = {"instalments": [{"due_on": "2027-01-01", "amount": body["amount"]}]}
    planned = await rep.put(f"/v1/contracts/{mine['id']}/instalments", json=plan)
    assert planned.status_code == 403


async def test_a_manager_signs_below_them_and_nowhere_else(login: Login, draft: Draft) -> None:
    contract = await draft()
    path = f"/v1/contracts/{contract['id']}/sign"
    elsewhere = await login("contracts", "sales_manager", team="cn/west")
    assert (await elsewhere.post(path, json={})).status_code == 404
    above = await login("contracts", "sales_manager", team="cn")
    assert (await above.post(path, json={})).status_code == 200


async def test_another_tenant_sees_nothing(login: Login, draft: Draft) -> None:
    contract = await draft()
    stranger = await login("contracts", "admin", tenant=ids.new())
    assert (await stranger.get(f"/v1/contracts/{contract['id']}")).status_code == 404
    assert (await stranger.get("/v1/contracts")).json()["items"] == []


async def test_lists_filter_search_and_sort(director: Caller, draft: Draft) -> None:
    small, large = await draft("10.00", title="Small"), await draft("99.00", title="Large")

    async def found(query: str) -> list[str]:
        items = (await director.get(f"/v1/contracts?{query}")).json()["items"]
        return [each["id"] for each in items]

    assert await found("amount_gte=50") == [large["id"]]
    assert await found("q=smal") == [small["id"]]
    assert await found(f"number={large['number']}") == [large["id"]]
    assert await found("sort=drafted_at") == [small["id"], large["id"]]
    assert await found("status=signed") == []


async def test_history_and_labels_are_there(director: Caller, draft: Draft) -> None:
    contract = await draft()
    await director.post(f"/v1/contracts/{contract['id']}/sign", json={})
    history = (await director.get(f"/v1/contracts/{contract['id']}/history")).json()["items"]
    assert [entry["type"] for entry in history] == ["contract.signed.v1", "contract.drafted.v1"]
    assert history[0]["changed"]["status"] == ["draft", "signed"]
    labels = (await director.get("/v1/contracts/enums")).json()
    assert {"code": "signed", "zh": "已签订", "en": "Signed"} in labels["status"]


async def test_a_batch_drafts_and_signs_under_its_own_instants(director: Caller) -> None:
    row: dict[str, Any] = {
        "data": {"title": "Old", "amount": {"amount": "7.00", "currency": "CNY"}},
        "occurred_at": "2026-01-02T03:00:00Z",
        "then": [{"action": "sign", "data": {}, "occurred_at": "2026-01-05T03:00:00Z"}],
    }
    answer = await director.post("/v1/contracts/batch", json={"rows": [row, {"data": {}}]})
    first, second = answer.json()["rows"]
    assert (first["status"], second["status"]) == (201, 422)
    made = (await director.get(f"/v1/contracts/{first['id']}")).json()
    assert made["signed_at"] == "2026-01-05T03:00:00Z"


async def test_the_same_key_drafts_one_contract(director: Caller) -> None:
    body = {"title": "Once", "amount": {"amount": "5.00", "currency": "CNY"}}
    headers = {"idempotency-key": "k1"}
    first = await director.post("/v1/contracts", json=body, headers=headers)
    again = await director.post("/v1/contracts", json=body, headers=headers)
    assert again.json() == first.json()
    assert again.headers["idempotency-replayed"] == "true"


async def test_a_contract_says_what_brought_its_deal_and_whose_it_was_when_it_was_signed(
    house: House, tenant: UUID, director: Caller, deal: Deal, draft: Draft
) -> None:
    """大客户: an account that is looked after otherwise later changes no figure."""
    account, campaign, deal_id = ids.new(), ids.new(), await deal(ids.new())
    system = await house.system("contracts")
    tell = (
        "insert into account_copy (tenant_id, id, version, created_at, updated_at, tier)"
        " values ($1, $2, 1, now(), now(), 'key')"
    )
    async with system.system() as connection:
        await connection.execute(tell, tenant, account)
        brought = "update deal_copy set campaign_id = $1 where id = $2"
        await connection.execute(brought, campaign, UUID(deal_id))
    made = await draft(opportunity_id=deal_id, account_id=str(account))
    assert (made["campaign_id"], made["account_tier"]) == (str(campaign), "")
    path = f"/v1/contracts/{made['id']}"
    signed = (await director.post(f"{path}/sign", json={})).json()
    assert signed["account_tier"] == "key"
    async with system.system() as connection:
        await connection.execute("update account_copy set tier = 'ordinary' where id = $1", account)
    assert (await director.get(path)).json()["account_tier"] == "key"


async def test_a_draft_of_another_deal_says_what_brought_that_one(
    house: House, director: Caller, deal: Deal, draft: Draft
) -> None:
    partner, first, second = ids.new(), await deal(ids.new()), await deal(ids.new())
    async with (await house.system("contracts")).system() as connection:
        brought = "update deal_copy set channel_partner_id = $1 where id = $2"
        await connection.execute(brought, partner, UUID(second))
    path = f"/v1/contracts/{(await draft(opportunity_id=first))['id']}"
    for version, (about, told) in enumerate(((second, str(partner)), (None, None)), 1):
        match = {"if-match": f'"{version}"'}
        patch = {"opportunity_id": about}
        changed = (await director.patch(path, json=patch, headers=match)).json()
        assert changed["channel_partner_id"] == told
