import asyncio
from typing import Any

import pytest

from crmkit.kernel import ids
from crmkit.testing.house import Caller
from crmkit.testing.plugin import Login
from tests.leads.samples import made, new_account

PATH = "/v1/due-diligence"
MAY = "2026-05-04T00:00:00Z"
FOUND = {
    "outcome": "conditional",
    "background": "法人变更一次",
    "credit": "无逾期",
    "document": "DD-2026-7.pdf",
    "valid_until": "2027-05-04",
}


async def requested(caller: Caller, **fields: Any) -> dict[str, Any]:
    body = {"account_id": (await new_account(caller))["id"], "reason": "First contract"}
    return await made(caller, PATH, body | fields, occurred_at="2026-05-01T00:00:00Z")


async def test_an_account_is_looked_into_from_request_to_outcome(manager: Caller) -> None:
    asked = await requested(manager, due_on="2026-05-10")
    assert (asked["status"], asked["outcome"], asked["due_on"]) == ("requested", None, "2026-05-10")
    path = f"{PATH}/{asked['id']}"
    done = await made(manager, f"{path}/complete", FOUND, occurred_at=MAY)
    assert {name: done[name] for name in FOUND} == FOUND
    assert (done["status"], done["completed_at"]) == ("completed", MAY)
    assert (await manager.get(path)).json() == done
    newest, oldest = (await manager.get(f"{path}/history")).json()["items"]
    assert newest["type"] == "due_diligence.completed.v1"
    assert (oldest["type"], oldest["occurred_at"]) == (
        "due_diligence.requested.v1",
        "2026-05-01T00:00:00Z",
    )


async def test_one_at_a_time_is_open_for_an_account(manager: Caller) -> None:
    account = {"account_id": (await new_account(manager))["id"]}
    answers = await asyncio.gather(*(manager.post(PATH, json=account) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    refused = next(answer for answer in answers if answer.status_code == 409)
    assert refused.json()["code"] == "due_diligence.exists"
    (first,) = [answer.json() for answer in answers if answer.status_code == 201]
    cancelled = await made(manager, f"{PATH}/{first['id']}/cancel", {})
    assert (cancelled["status"], cancelled["cancelled_at"] is None) == ("cancelled", False)
    assert (await manager.post(PATH, json=account)).status_code == 201


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"outcome": "fine"}, "/outcome"),
        ({"valid_until": "2026-05-03"}, "/valid_until"),
        ({"valid_until": None}, "/valid_until"),
        ({"valid_until": "soon"}, "/valid_until"),
        ({"findings": "x"}, "/findings"),
    ],
)
async def test_an_outcome_that_breaks_a_rule_is_refused_by_field(
    manager: Caller, wrong: dict[str, Any], pointer: str
) -> None:
    path = f"{PATH}/{(await requested(manager))['id']}/complete"
    answer = await manager.post(path, json=FOUND | wrong, headers={"occurred-at": MAY})
    assert answer.status_code == 422
    assert [fault["pointer"] for fault in answer.json()["errors"]] == [pointer]


async def test_what_is_over_is_not_moved(manager: Caller) -> None:
    path = f"{PATH}/{(await requested(manager))['id']}"
    await made(manager, f"{path}/complete", {"outcome": "rejected"})
    for step, body in (("complete", FOUND), ("cancel", None)):
        refused = await manager.post(f"{path}/{step}", json=body)
        assert (refused.status_code, refused.json()["code"]) == (409, "lifecycle.illegal")


async def test_finance_says_what_was_found_and_a_seller_only_asks(login: Login) -> None:
    seller, finance = await login("leads", "sales_rep"), await login("leads", "finance")
    asked = await requested_by(seller)
    path = f"{PATH}/{asked['id']}"
    refused = await seller.post(f"{path}/complete", json={"outcome": "rejected"})
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    assert (await finance.post(f"{path}/cancel")).status_code == 403
    done = await made(finance, f"{path}/complete", {"outcome": "rejected"})
    assert done["owner_id"] == str(seller.actor.member_id)


async def requested_by(caller: Caller) -> dict[str, Any]:
    return await made(caller, PATH, {"account_id": (await new_account(caller))["id"]})


async def test_it_is_found_by_account_outcome_and_validity(manager: Caller) -> None:
    done, open_ = await requested(manager), await requested(manager)
    await made(manager, f"{PATH}/{done['id']}/complete", FOUND, occurred_at=MAY)
    for asked, found in (
        (f"account_id={done['account_id']}", done),
        ("outcome=conditional", done),
        ("status=requested", open_),
        ("valid_until_lt=2028-01-01", done),
        ("valid_until_null=true", open_),
        ("q=DD-2026", done),
    ):
        items = (await manager.get(f"{PATH}?{asked}")).json()["items"]
        assert [item["id"] for item in items] == [found["id"]], asked
    assert (await manager.get(f"{PATH}?valid_until_lt=2027-01-01")).json()["items"] == []
    labels = (await manager.get(f"{PATH}/enums")).json()
    assert labels["outcome"][0] == {"code": "cleared", "zh": "通过", "en": "Cleared"}


async def test_an_account_of_nobody_here_is_not_looked_into(login: Login, manager: Caller) -> None:
    stranger = await login("leads", "admin", tenant=ids.new())
    foreign = (await new_account(stranger))["id"]
    for account_id in (foreign, str(ids.new())):
        refused = await manager.post(PATH, json={"account_id": account_id})
        assert (refused.status_code, refused.json()["code"]) == (404, "account.not_found")


async def test_graphql_does_all_that_rest_does(manager: Caller) -> None:
    account, other = await new_account(manager), await new_account(manager)
    mutation = """
    mutation ($one: RequestDueDiligenceInput!, $two: RequestDueDiligenceInput!) {
      one: requestDueDiligence(input: $one) { ... on DueDiligence { id status account { id } } }
      again: requestDueDiligence(input: $one) { ... on Problem { code } }
      two: requestDueDiligence(input: $two) { ... on DueDiligence { id owner { id } } }
    }"""
    given = {"one": {"accountId": account["id"]}, "two": {"accountId": other["id"]}}
    answer = (await manager.graphql("leads", mutation, **given))["data"]
    assert answer["one"]["account"] == {"id": account["id"]}
    assert answer["again"] == {"code": "due_diligence.exists"}
    assert answer["two"]["owner"] == {"id": str(manager.actor.member_id)}
    steps = """
    mutation ($one: UUID!, $two: UUID!) {
      done: completeDueDiligence(id: $one, input: {outcome: REJECTED, credit: "Two suits"}) {
        ... on DueDiligence { outcome credit }
      }
      open: completeDueDiligence(id: $two, input: {outcome: CLEARED}) { ... on Problem { code } }
      gone: cancelDueDiligence(id: $two) { ... on DueDiligence { status } }
    }"""
    answer = await manager.graphql("leads", steps, one=answer["one"]["id"], two=answer["two"]["id"])
    assert answer["data"] == {
        "done": {"outcome": "REJECTED", "credit": "Two suits"},
        "open": {"code": "due_diligence.validity"},
        "gone": {"status": "CANCELLED"},
    }
    query = """query ($id: UUID!) {
      account(id: $id) { dueDiligences(filter: {outcome: [REJECTED]}) { nodes { credit } } }
      dueDiligences(filter: {status: [CANCELLED]}) { nodes { account { id } } }
    }"""
    assert (await manager.graphql("leads", query, id=account["id"]))["data"] == {
        "account": {"dueDiligences": {"nodes": [{"credit": "Two suits"}]}},
        "dueDiligences": {"nodes": [{"account": {"id": other["id"]}}]},
    }
