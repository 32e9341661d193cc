"""Accounts above and below each other."""

from typing import Any

import pytest

from crmkit.kernel import clock, ids
from crmkit.testing.house import Caller
from crmkit.testing.plugin import Login
from services.leads.account import queries
from services.leads.account.domain import DEEPEST
from tests.leads.samples import new_account


async def chain(caller: Caller, levels: int) -> list[dict[str, Any]]:
    found = [await new_account(caller, name="L0")]
    for level in range(1, levels):
        below = await new_account(caller, name=f"L{level}", parent_id=found[-1]["id"])
        found.append(below)
    return found


async def tree(caller: Caller, account: dict[str, Any], **asked: str) -> list[tuple[int, str]]:
    answer = await caller.get(f"/v1/accounts/{account['id']}/tree", params=asked)
    assert answer.status_code == 200, answer.text
    return [(node["level"], node["name"]) for node in answer.json()["items"]]


async def below(caller: Caller, child: dict[str, Any], parent: dict[str, Any]) -> tuple[int, str]:
    answer = await caller.patch(
        f"/v1/accounts/{child['id']}",
        json={"parent_id": parent["id"]},
        headers={"if-match": f'"{child["version"]}"'},
    )
    return answer.status_code, answer.json().get("code", "")


async def test_a_tree_is_told_level_by_level(seller: Caller) -> None:
    group = await new_account(seller, name="Group")
    east, west = [await new_account(seller, name=n, parent_id=group["id"]) for n in ("E", "W")]
    await new_account(seller, name="A shop", parent_id=west["id"])
    gone = await new_account(seller, name="Gone", parent_id=east["id"])
    await seller.delete(f"/v1/accounts/{gone['id']}")
    await new_account(seller, name="Elsewhere")
    assert await tree(seller, group) == [(0, "Group"), (1, "E"), (1, "W"), (2, "A shop")]
    assert await tree(seller, west) == [(0, "W"), (1, "A shop")]
    answer = (await seller.get(f"/v1/accounts/{west['id']}/tree")).json()
    assert answer["truncated"] is False
    assert answer["items"][1]["parent_id"] == west["id"]


async def test_a_tree_is_read_as_of_an_instant(seller: Caller) -> None:
    one, two, three = await chain(seller, 3)
    then = clock.now().isoformat()
    moved = await below(seller, three, one)
    assert moved == (200, "")
    assert await tree(seller, one) == [(0, "L0"), (1, "L1"), (1, "L2")]
    assert await tree(seller, one, as_of=then) == [(0, "L0"), (1, "L1"), (2, "L2")]
    assert await tree(seller, two, as_of=then) == [(0, "L1"), (1, "L2")]


async def test_a_tree_has_so_many_levels_and_no_more(seller: Caller) -> None:
    levels = await chain(seller, DEEPEST)
    assert len(await tree(seller, levels[0])) == DEEPEST
    too_deep = {"name": "Deeper", "parent_id": levels[-1]["id"]}
    refused = await seller.post("/v1/accounts", json=too_deep)
    assert (refused.status_code, refused.json()["code"]) == (409, "account.too_deep")
    first, second = await chain(seller, 2)
    assert await below(seller, first, levels[-2]) == (409, "account.too_deep")
    assert await below(seller, first, levels[-3]) == (200, "")
    assert await below(seller, second, levels[-2]) == (200, "")


async def test_a_tree_of_too_many_says_so(seller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    group, *_ = await chain(seller, 3)
    monkeypatch.setattr(queries, "MOST_NODES", 2)
    answer = (await seller.get(f"/v1/accounts/{group['id']}/tree")).json()
    assert ([node["name"] for node in answer["items"]], answer["truncated"]) == (["L0", "L1"], True)


async def test_a_foreign_tree_is_not_there(login: Login, seller: Caller) -> None:
    group, *_ = await chain(seller, 2)
    stranger = await login("leads", "admin", tenant=ids.new())
    nobody = await login("leads", "partner")
    for caller in (stranger, nobody):
        assert (await caller.get(f"/v1/accounts/{group['id']}/tree")).status_code == 404


async def test_graphql_tells_tree_and_children(seller: Caller) -> None:
    group, *_ = await chain(seller, 3)
    query = """query ($id: UUID!) { account(id: $id) {
      tree { items { level name lifecycle } truncated }
      children { nodes { name children(first: 1) { nodes { name } } } }
    } }"""
    answer = await seller.graphql("leads", query, id=group["id"])
    assert answer["data"]["account"] == {
        "tree": {
            "items": [{"level": n, "name": f"L{n}", "lifecycle": "PROSPECT"} for n in range(3)],
            "truncated": False,
        },
        "children": {"nodes": [{"name": "L1", "children": {"nodes": [{"name": "L2"}]}}]},
    }
