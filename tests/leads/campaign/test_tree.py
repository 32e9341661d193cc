"""营销推广方案 plans, and the campaigns that belong to them."""

import asyncio
from typing import Any

import pytest

from crmkit.kernel import clock, ids
from crmkit.kernel.errors import Invalid
from crmkit.testing.house import Caller
from services.leads.campaign import queries
from services.leads.campaign.domain import DEEPEST, PlanLevel, demand_placed
from tests.leads.capture_samples import charged, drafted, yuan
from tests.leads.samples import made


async def placed(caller: Caller, child: dict[str, Any], parent_id: Any) -> tuple[int, str]:
    answer = await caller.patch(
        f"/v1/campaigns/{child['id']}",
        json={"parent_id": parent_id},
        headers={"if-match": f'"{child["version"]}"'},
    )
    return answer.status_code, answer.json().get("code", "")


async def tree(caller: Caller, campaign: dict[str, Any], **asked: str) -> dict[str, Any]:
    answer = await caller.get(f"/v1/campaigns/{campaign['id']}/tree", params=asked)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def names(told: dict[str, Any]) -> list[tuple[int, str]]:
    return [(node["level"], node["name"]) for node in told["items"]]


@pytest.fixture
async def plans(director: Caller) -> dict[str, dict[str, Any]]:
    """A master plan of a yearly one of two campaigns, of which one reckons in euros."""
    found: dict[str, dict[str, Any]] = {}
    for name, above, fields in (
        ("master", None, {"plan_level": "master", "source": "plan"}),
        ("year", "master", {"plan_level": "yearly", "source": "plan"}),
        ("fair", "year", {"source": "fair"}),
        ("mail", "year", {"budget": {"amount": "70.00", "currency": "EUR"}}),
    ):
        parent = {"parent_id": found[above]["id"]} if above else {}
        found[name] = await drafted(director, name=name, **fields, **parent)
    return found


@pytest.mark.parametrize(
    ("level", "parent"),
    [
        ("stage", None),
        ("master", "master"),
        ("yearly", "stage"),
        ("stage", "campaign"),
    ],
)
def test_a_plan_belongs_to_one_of_a_level_above_it(level: str, parent: str | None) -> None:
    levels = {each.value: each for each in PlanLevel}
    with pytest.raises(Invalid) as refusal:
        demand_placed(levels[level], levels[parent] if parent else None)
    assert refusal.value.code == "campaign.parent"
    assert level in refusal.value.detail


def test_campaigns_belong_to_any_plan_or_campaign_or_to_none() -> None:
    for parent in (None, *PlanLevel):
        demand_placed(PlanLevel.CAMPAIGN, parent)
    demand_placed(PlanLevel.STAGE, PlanLevel.MASTER)


async def test_a_plan_tells_all_that_belongs_to_it_and_what_it_has_cost(
    director: Caller, plans: dict[str, dict[str, Any]]
) -> None:
    for name in ("year", "fair"):
        await made(director, f"/v1/campaigns/{plans[name]['id']}/approve", {})
        await charged(director, plans[name])
    told = await tree(director, plans["master"])
    assert names(told) == [(0, "master"), (1, "year"), (2, "fair"), (2, "mail")]
    euros = {"budget": {"amount": "70.00", "currency": "EUR"}, "campaigns": 1}
    euros["spent"] = {"amount": "0.00", "currency": "EUR"}
    whole = {"campaigns": 3, "budget": yuan("150000.00"), "spent": yuan("2401.00")}
    assert told["totals"] == [whole, euros]
    assert told["sources"] == ["fair", "plan", "spring-fair"]
    assert (told["items"][1]["spent"], told["truncated"]) == (yuan("1200.50"), False)
    query = """query ($id: UUID!) { campaign(id: $id) { parent { name }
      tree { items { name level } truncated sources
        totals { campaigns budget { amount currency } spent { amount currency } } }
      children(sort: "name") { nodes { name } } } }"""
    shown = (await director.graphql("leads", query, id=plans["year"]["id"]))["data"]["campaign"]
    assert shown["parent"] == {"name": "master"}
    assert [each["name"] for each in shown["children"]["nodes"]] == ["fair", "mail"]
    below = whole | {"campaigns": 2, "budget": yuan("100000.00")}
    assert shown["tree"] == {
        "items": [
            {"name": name, "level": n} for n, name in ((0, "year"), (1, "fair"), (1, "mail"))
        ],
        "truncated": False,
        "totals": [below, euros],
        "sources": told["sources"],
    }


async def test_campaigns_are_found_by_their_plan(
    director: Caller, plans: dict[str, dict[str, Any]]
) -> None:
    for asked, found in (
        (f"parent_id={plans['year']['id']}", ["fair", "mail"]),
        ("plan_level=master,yearly", ["master", "year"]),
    ):
        listed = (await director.get(f"/v1/campaigns?{asked}")).json()["items"]
        assert [each["name"] for each in listed] == found


async def test_a_tree_is_read_as_of_an_instant_and_within_bounds(
    director: Caller, plans: dict[str, dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    then = clock.now().isoformat()
    assert await placed(director, plans["fair"], None) == (200, "")
    assert names(await tree(director, plans["year"])) == [(0, "year"), (1, "mail")]
    past = await tree(director, plans["year"], as_of=then)
    assert names(past) == [(0, "year"), (1, "fair"), (1, "mail")]
    assert past["totals"][0]["budget"] == yuan("100000.00")
    monkeypatch.setattr(queries, "MOST_NODES", 1)
    cut = await tree(director, plans["master"])
    assert (names(cut), cut["truncated"]) == ([(0, "master")], True)
    assert [each["campaigns"] for each in cut["totals"]] == [2, 1]


async def test_nothing_is_part_of_itself_nor_too_deep(director: Caller) -> None:
    chain = [await drafted(director, name="0")]
    for n in range(1, DEEPEST):
        chain.append(await drafted(director, name=str(n), parent_id=chain[-1]["id"]))
    assert await placed(director, chain[0], chain[2]["id"]) == (409, "campaign.cycle")
    assert await placed(director, chain[1], chain[1]["id"]) == (409, "campaign.cycle")
    alone = await drafted(director, name="alone")
    assert await placed(director, alone, chain[-1]["id"]) == (409, "campaign.too_deep")
    assert await placed(director, chain[0], alone["id"]) == (409, "campaign.too_deep")
    assert await placed(director, alone, chain[-2]["id"]) == (200, "")
    assert await placed(director, chain[3], str(ids.new())) == (404, "campaign.not_found")


async def test_of_two_moves_that_would_close_a_circle_one_is_refused(director: Caller) -> None:
    one, two = await drafted(director, name="one"), await drafted(director, name="two")
    moves = await asyncio.gather(placed(director, one, two["id"]), placed(director, two, one["id"]))
    assert sorted(status for status, _ in moves) in ([200, 409], [200, 412])
