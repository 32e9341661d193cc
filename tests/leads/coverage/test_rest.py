"""市场覆盖率 of accounts, by owner, team and region."""

from typing import Any

import pytest

from crmkit.kernel import clock
from crmkit.testing.house import Caller
from services.leads.coverage import domain, queries
from tests.leads.samples import made, new_account, new_contact

PATH = "/v1/market-coverage"


@pytest.fixture
async def market(director: Caller, seller: Caller) -> list[dict[str, Any]]:
    """Three accounts of the director's, of which two are in the east, and one of the seller's; the
    first of them and the seller's have contacts."""
    accounts = [await new_account(director, region=r) for r in ("east", "east", "west")]
    accounts.append(await new_account(seller, region="east", tier="key"))
    for account, who in ((accounts[0], director), (accounts[0], director), (accounts[3], seller)):
        await new_contact(who, account)
    return accounts


async def told(caller: Caller, **asked: str) -> dict[str, Any]:
    answer = await caller.get(PATH, params=asked)
    assert answer.status_code == 200, answer.text
    shown: dict[str, Any] = answer.json()
    return shown


def line(key: str, targets: int, covered: int, coverage: str) -> dict[str, Any]:
    return {"key": key, "targets": targets, "covered": covered, "coverage": coverage}


async def test_coverage_is_told_by_owner_team_and_region(
    director: Caller, seller: Caller, market: list[dict[str, Any]]
) -> None:
    mine, theirs = (str(each.actor.member_id) for each in (director, seller))
    whole = {"targets": 4, "covered": 2, "coverage": "0.5000", "truncated": False}
    owners = [line(mine, 3, 1, "0.3333"), line(theirs, 1, 1, "1.0000")]
    assert await told(director) == whole | {"by": "owner", "groups": owners}
    regions = [line("east", 3, 2, "0.6667"), line("west", 1, 0, "0.0000")]
    assert await told(director, by="region") == whole | {"by": "region", "groups": regions}
    query = "{ marketCoverage(by: REGION) { by targets covered coverage truncated groups"
    shown = await director.graphql("leads", query + " { key targets covered coverage } } }")
    assert shown["data"]["marketCoverage"] == whole | {"by": "REGION", "groups": regions}
    (team,) = (await told(director, by="team"))["groups"]
    assert team == line("cn/east", 4, 2, "0.5000")
    nobody = await told(director, region="south")
    assert (nobody["targets"], nobody["coverage"], nobody["groups"]) == (0, None, [])


async def test_an_owners_figure_is_the_same_for_all_who_are_told_it(
    director: Caller, seller: Caller, market: list[dict[str, Any]]
) -> None:
    """A seller is told of no contacts but their own."""
    (own,) = (await told(seller))["groups"]
    assert own == line(str(seller.actor.member_id), 1, 1, "1.0000")
    assert own in (await told(director))["groups"]


async def test_coverage_is_that_of_a_segment_and_of_then(
    director: Caller, market: list[dict[str, Any]]
) -> None:
    rule = {"resource": "account", "name": "East", "filter": {"region": "east"}}
    segment = await made(director, "/v1/segments", rule)
    assert (await told(director, segment_id=segment["id"]))["coverage"] == "0.6667"
    narrow = await told(director, segment_id=segment["id"], tier="key", by="region")
    assert narrow["groups"] == [line("east", 1, 1, "1.0000")]
    then = clock.now().isoformat().replace("+00:00", "Z")
    for _ in range(2):
        contacts = await director.get(f"/v1/contacts?account_id={market[0]['id']}&limit=1")
        await director.delete(f"/v1/contacts/{contacts.json()['items'][0]['id']}")
    assert (await told(director, segment_id=segment["id"]))["covered"] == 1
    assert (await told(director, segment_id=segment["id"], as_of=then))["covered"] == 2


@pytest.mark.parametrize("asked", ["by=size", "limit=5", "sort=name", "colour=red"])
async def test_what_coverage_is_not_asked_by_is_refused(director: Caller, asked: str) -> None:
    name = asked.partition("=")[0]
    answer = await director.get(f"{PATH}?{asked}")
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, f"/{name}")


async def test_groups_and_targets_are_bounded(
    director: Caller, market: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "MOST_GROUPS", 1)
    cut = await told(director, by="region")
    assert (cut["truncated"], cut["targets"], len(cut["groups"])) == (True, 4, 1)
    monkeypatch.setattr(domain, "MOST_TARGETS", 3)
    monkeypatch.setattr(queries, "MOST_TARGETS", 3)
    answer = await director.get(PATH)
    assert (answer.status_code, answer.json()["code"]) == (409, "coverage.too_many")
