from typing import Any

import pytest

from crmkit.kernel import ids
from crmkit.testing.plugin import Login
from tests.leads.samples import made, new_account

REVENUE = {"amount": "12500000.00", "currency": "CNY"}


async def test_a_created_account_is_answered_whole(login: Login) -> None:
    director = await login("leads", "sales_director")
    body = {"name": " Acme ", "industry": "packaging", "employees": 250, "annual_revenue": REVENUE}
    answer = await director.post("/v1/accounts", json=body)
    account = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"] == f"/v1/accounts/{account['id']}"
    assert (account["name"], account["annual_revenue"]) == ("Acme", REVENUE)
    assert (await director.get(f"/v1/accounts/{account['id']}")).json() == account


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"name": "  "}, "/name"),
        ({"employees": -1}, "/employees"),
        ({"employees": "250"}, "/employees"),
        ({"annual_revenue": {"amount": "12,5", "currency": "CNY"}}, "/annual_revenue/amount"),
        ({"parent_id": "x"}, "/parent_id"),
        ({"revenue": REVENUE}, "/revenue"),
    ],
)
async def test_an_account_that_breaks_a_rule_is_refused_by_field(
    login: Login, wrong: dict[str, Any], pointer: str
) -> None:
    director = await login("leads", "sales_director")
    answer = await director.post("/v1/accounts", json={"name": "Acme", **wrong})
    assert answer.status_code == 422
    assert [fault["pointer"] for fault in answer.json()["errors"]] == [pointer]


async def test_what_an_account_earns_is_hidden_from_sellers(login: Login) -> None:
    director, seller = await login("leads", "sales_director"), await login("leads", "sales_rep")
    account = await new_account(director, annual_revenue=REVENUE)
    path = f"/v1/accounts/{account['id']}"
    assert (await seller.get(path)).json()["annual_revenue"] is None
    (listed,) = (await seller.get("/v1/accounts")).json()["items"]
    assert listed["annual_revenue"] is None
    (entry,) = (await seller.get(f"{path}/history")).json()["items"]
    assert entry["state"]["annual_revenue"] is None
    assert (await director.get(path)).json()["annual_revenue"] == REVENUE


async def test_a_change_names_the_version_it_changes(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    path = f"/v1/accounts/{(await new_account(seller))['id']}"
    assert (await seller.patch(path, json={"name": "Beta"})).status_code == 428
    changed = await seller.patch(path, json={"name": "Beta"}, headers={"if-match": '"1"'})
    assert (changed.status_code, changed.json()["name"]) == (200, "Beta")
    stale = await seller.patch(path, json={"name": "Gamma"}, headers={"if-match": '"1"'})
    assert (stale.status_code, stale.json()["version"]) == (412, 2)


async def test_an_account_below_itself_is_a_conflict(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    account = await new_account(seller)
    answer = await seller.patch(
        f"/v1/accounts/{account['id']}",
        json={"parent_id": account["id"]},
        headers={"if-match": '"1"'},
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "account.cycle")


async def test_a_key_is_replayed_and_stands_for_one_body(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    key = {"idempotency-key": "one"}
    first = await seller.post("/v1/accounts", json={"name": "Acme"}, headers=key)
    twin = await seller.post("/v1/accounts", json={"name": "Acme"}, headers=key)
    assert (twin.json(), twin.headers["idempotency-replayed"]) == (first.json(), "true")
    other = await seller.post("/v1/accounts", json={"name": "Beta"}, headers=key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency.mismatch")


async def test_a_deleted_account_is_gone_until_it_is_restored(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    path = f"/v1/accounts/{(await new_account(seller))['id']}"
    assert (await seller.delete(path)).status_code == 204
    assert (await seller.get(path)).status_code == 404
    assert (await seller.post(f"{path}/restore")).status_code == 200
    assert (await seller.get(path)).json()["version"] == 3


async def test_accounts_are_listed_by_name_and_filtered(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    group = await new_account(seller, name="Beta Group", employees=900)
    await new_account(seller, name="Beta Shop", parent_id=group["id"], employees=9)
    await new_account(seller, name="Acme", industry="food")

    async def names(**query: Any) -> list[str]:
        page = (await seller.get("/v1/accounts", params=query)).json()
        return [account["name"] for account in page["items"]]

    assert await names() == ["Acme", "Beta Group", "Beta Shop"]
    assert await names(q="beta", sort="-name") == ["Beta Shop", "Beta Group"]
    assert await names(parent_id=group["id"]) == ["Beta Shop"]
    assert await names(employees_gte=100) == ["Beta Group"]
    assert await names(industry="food") == ["Acme"]


async def test_another_tenants_account_is_not_there(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    stranger = await login("leads", "admin", tenant=ids.new())
    path = f"/v1/accounts/{(await new_account(seller))['id']}"
    assert (await stranger.get(path)).status_code == 404
    assert (await stranger.get(f"{path}/history")).status_code == 404
    assert (await stranger.delete(path)).status_code == 404
    assert (await stranger.post(f"{path}/restore")).status_code == 404
    assert (await stranger.get("/v1/accounts")).json()["items"] == []


@pytest.mark.parametrize("role", ["marketing", "finance", "delivery"])
async def test_who_may_read_accounts_may_not_open_them(login: Login, role: str) -> None:
    seller, reader = await login("leads", "sales_rep"), await login("leads", role)
    account = await new_account(seller)
    assert (await reader.get(f"/v1/accounts/{account['id']}")).status_code == 200
    assert (await reader.post("/v1/accounts", json={"name": "Acme"})).status_code == 403


async def test_a_partner_sees_no_accounts(login: Login) -> None:
    partner = await login("leads", "partner")
    assert (await partner.get("/v1/accounts")).status_code == 403


async def test_a_batch_creates_and_updates_accounts(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    known = {"name": "Acme", "external_system": "erp", "external_id": "C-1"}
    body = {"rows": [{"data": known}, {"data": {"name": "Beta"}}, {"data": {"nam": "Gamma"}}]}
    first = (await made(seller, "/v1/accounts/batch", body))["rows"]
    assert [row["outcome"] for row in first] == ["created", "created", "refused"]
    body = {"rows": [{"data": known | {"name": "Acme Ltd"}}]}
    (row,) = (await made(seller, "/v1/accounts/batch", body))["rows"]
    assert (row["outcome"], row["id"], row["version"]) == ("updated", first[0]["id"], 2)


async def test_history_tells_what_changed(login: Login) -> None:
    seller = await login("leads", "sales_rep")
    path = f"/v1/accounts/{(await new_account(seller))['id']}"
    await seller.patch(path, json={"name": "Beta"}, headers={"if-match": '"1"'})
    newest, oldest = (await seller.get(f"{path}/history")).json()["items"]
    assert (newest["type"], newest["changed"]) == ("account.updated.v1", {"name": ["Acme", "Beta"]})
    assert (oldest["version"], oldest["state"]["name"]) == (1, "Acme")
