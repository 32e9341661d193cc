from typing import Any

import pytest

from crmkit.kernel import ids
from crmkit.testing.house import Caller
from crmkit.testing.plugin import Login
from tests.leads.samples import HISTORY, made, new_account, new_contact

WANG = {
    "name": "王静",
    "title": "采购经理",
    "role": "buyer",
    "email": "Wang.Jing@Example.com",
    "phone": "138-0013-8000",
    "is_primary": True,
    "relationship_level": 3,
    "preferred_channel": "message",
    "language": "zh-CN",
    "do_not_contact": False,
}


@pytest.fixture
async def seller(login: Login) -> Caller:
    return await login("leads", "sales_rep", scopes=[HISTORY])


async def test_a_created_contact_is_answered_whole(seller: Caller) -> None:
    account = await new_account(seller)
    answer = await seller.post("/v1/contacts", json={"account_id": account["id"], **WANG})
    contact = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"] == f"/v1/contacts/{contact['id']}"
    told = WANG | {"email": "wang.jing@example.com", "phone": "+8613800138000"}
    assert {name: contact[name] for name in told} == told
    assert contact["owner_id"] == account["owner_id"]
    assert (await seller.get(f"/v1/contacts/{contact['id']}")).json() == contact


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"name": " "}, "/name"),
        ({"account_id": None}, "/account_id"),
        ({"role": "boss"}, "/role"),
        ({"email": "wang"}, "/email"),
        ({"phone": "call me"}, "/phone"),
        ({"phone": "123"}, "/phone"),
        ({"is_primary": "yes"}, "/is_primary"),
        ({"relationship_level": 0}, "/relationship_level"),
        ({"relationship_level": 6}, "/relationship_level"),
        ({"relationship_level": "3"}, "/relationship_level"),
        ({"preferred_channel": "fax"}, "/preferred_channel"),
        ({"language": "chinese"}, "/language"),
        ({"owner_id": str(ids.new())}, "/owner_id"),
    ],
)
async def test_a_contact_that_breaks_a_rule_is_refused_by_field(
    seller: Caller, wrong: dict[str, Any], pointer: str
) -> None:
    account = await new_account(seller)
    body = {"account_id": account["id"], "name": "王静", **wrong}
    answer = await seller.post("/v1/contacts", json=body)
    assert answer.status_code == 422
    assert [fault["pointer"] for fault in answer.json()["errors"]] == [pointer]


async def test_a_change_names_the_version_it_changes(seller: Caller) -> None:
    path = f"/v1/contacts/{(await new_contact(seller, await new_account(seller)))['id']}"
    assert (await seller.patch(path, json={"title": "CFO"})).status_code == 428
    changed = await seller.patch(
        path, json={"title": "CFO", "role": None}, headers={"if-match": '"1"'}
    )
    assert (changed.status_code, changed.json()["title"]) == (200, "CFO")
    stale = await seller.patch(path, json={"title": "CEO"}, headers={"if-match": '"1"'})
    assert (stale.status_code, stale.json()["version"]) == (412, 2)


async def test_a_relationship_is_rated_as_of_a_day(seller: Caller) -> None:
    path = f"/v1/contacts/{(await new_contact(seller, await new_account(seller)))['id']}"
    rated = await made(seller, f"{path}/rate", {"level": 5}, occurred_at="2026-05-01T00:00:00Z")
    assert (rated["relationship_level"], rated["relationship_at"]) == (5, "2026-05-01T00:00:00Z")
    earlier = {"occurred-at": "2026-04-01T00:00:00Z"}
    refused = await seller.post(f"{path}/rate", json={"level": 1}, headers=earlier)
    assert (refused.status_code, refused.json()["code"]) == (409, "contact.rated_since")
    (newest, _) = (await seller.get(f"{path}/history")).json()["items"]
    assert newest["type"] == "contact.rated.v1"
    assert newest["changed"]["relationship_level"] == [None, 5]


async def test_contacts_are_found_by_account_address_and_number(seller: Caller) -> None:
    account, other = await new_account(seller), await new_account(seller)
    wang = await made(seller, "/v1/contacts", {"account_id": account["id"], **WANG})
    li = await new_contact(seller, other, name="李雷", do_not_contact=True)
    for asked, found in (
        ({"account_id": account["id"]}, [wang]),
        ({"email": "wang.jing@example.com"}, [wang]),
        ({"phone": "+8613800138000"}, [wang]),
        ({"phone": "13800138000"}, []),
        ({"role": "buyer", "preferred_channel": "message"}, [wang]),
        ({"relationship_level_gte": "4"}, []),
        ({"relationship_level_null": "true"}, [li]),
        ({"do_not_contact": "true"}, [li]),
        ({"q": "采购"}, [wang]),
        ({"q": "李"}, [li]),
        ({"sort": "-name"}, sorted([wang, li], key=lambda each: each["name"], reverse=True)),
    ):
        answer = await seller.get("/v1/contacts", params=asked)
        assert answer.json()["items"] == found, asked


async def test_codes_have_labels(seller: Caller) -> None:
    labels = (await seller.get("/v1/contacts/enums")).json()
    assert labels["role"][0] == {"code": "decider", "zh": "决策人", "en": "Decides"}
    assert [each["code"] for each in labels["preferred_channel"]] == [
        "phone",
        "email",
        "message",
        "visit",
    ]


async def test_a_contact_is_put_away_and_comes_back(seller: Caller) -> None:
    path = f"/v1/contacts/{(await new_contact(seller, await new_account(seller)))['id']}"
    assert (await seller.delete(path)).status_code == 204
    assert (await seller.get(path)).status_code == 404
    assert (await seller.post(f"{path}/restore")).json()["version"] == 3
    assert (await seller.get(path)).status_code == 200


async def test_a_seller_does_not_see_whom_others_know(login: Login, seller: Caller) -> None:
    other, manager = await login("leads", "sales_rep"), await login("leads", "sales_manager")
    contact = await new_contact(seller, await new_account(seller), phone="13800138000")
    path = f"/v1/contacts/{contact['id']}"
    assert (await other.get(path)).status_code == 404
    assert (await other.get("/v1/contacts")).json()["items"] == []
    assert (await manager.get(path)).json() == contact


async def test_a_batch_knows_contacts_by_their_external_id(seller: Caller) -> None:
    account = await new_account(seller)
    known = {"account_id": account["id"], "external_system": "erp", "external_id": "7"}
    first, second = (
        {"data": known | {"name": "王静", "is_primary": True}, "then": []},
        {"data": known | {"name": "李雷", "external_id": "8", "is_primary": True}},
    )
    step = {"action": "rate", "data": {"level": 2}}
    rows = (await made(seller, "/v1/contacts/batch", {"rows": [first | {"then": [step]}, second]}))[
        "rows"
    ]
    assert [row["outcome"] for row in rows] == ["created", "created"]
    listed = (await seller.get("/v1/contacts?is_primary=true")).json()["items"]
    assert [item["name"] for item in listed] == ["李雷"]
    again = {"rows": [{"data": known | {"name": "王静怡"}}]}
    (row,) = (await made(seller, "/v1/contacts/batch", again))["rows"]
    assert (row["outcome"], row["id"]) == ("updated", rows[0]["id"])
    wrong = {"rows": [{"data": {"account_id": account["id"], "name": "x", "phone": "123"}}]}
    (refused,) = (await made(seller, "/v1/contacts/batch", wrong))["rows"]
    assert refused["problem"]["code"] == "phone.invalid"


async def test_contacts_of_an_account_that_was_put_away_stay_as_they_are(seller: Caller) -> None:
    account, other = await new_account(seller), await new_account(seller)
    contact = await new_contact(seller, account)
    path, version = f"/v1/contacts/{contact['id']}", {"if-match": '"1"'}
    await seller.delete(f"/v1/accounts/{account['id']}")
    refused = [
        await seller.patch(path, json={"title": "x"}, headers=version),
        await seller.post(f"{path}/rate", json={"level": 3}),
    ]
    for answer in refused:
        assert (answer.status_code, answer.json()["code"]) == (409, "contact.account_deleted")
    assert (await seller.get(path)).json() == contact
    moved = await seller.patch(path, json={"account_id": other["id"]}, headers=version)
    assert moved.json()["account_id"] == other["id"]
    await seller.post(f"/v1/accounts/{account['id']}/restore")
    assert (await made(seller, f"{path}/rate", {"level": 3}))["relationship_level"] == 3
