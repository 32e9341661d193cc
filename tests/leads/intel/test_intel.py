from itertools import product
from typing import Any

import pytest

from crmkit.kernel import ids
from crmkit.kernel.errors import Conflict, Invalid
from crmkit.kernel.labels import Labelled
from crmkit.testing.plugin import Login
from services.leads.intel.domain import (
    LIFECYCLE,
    CompetitorFacet,
    IntelKind,
    IntelStatus,
    demand_facet,
    demand_open,
)
from tests.leads.samples import HISTORY, made, new_account

INTEL, MARCH = "/v1/market-intel", "2026-03-02T09:00:00Z"
NEWS = {
    "kind": "competitor",
    "subject": "They cut the price of the S5",
    "about": "Hengling",
    "source": "A buyer of ours",
    "details": "By 8 %, from April on",
}
REPORTED = IntelStatus.REPORTED


@pytest.mark.parametrize(("current", "target"), sorted(product(IntelStatus, IntelStatus)))
def test_what_is_reported_is_judged_once(current: IntelStatus, target: IntelStatus) -> None:
    if current is REPORTED and target is not REPORTED:
        assert LIFECYCLE.move(current, target) is target
        return
    with pytest.raises(Conflict) as refused:
        LIFECYCLE.move(current, target)
    assert refused.value.code == "lifecycle.illegal"


@pytest.mark.parametrize("status", [each for each in IntelStatus if each is not REPORTED])
def test_what_was_judged_stays_as_it_is(status: IntelStatus) -> None:
    demand_open(REPORTED)
    with pytest.raises(Conflict) as refused:
        demand_open(status)
    assert refused.value.code == "market_intel.closed"


@pytest.mark.parametrize("code", [*IntelKind, *IntelStatus, *CompetitorFacet])
def test_every_code_has_a_label_in_both_languages(code: Labelled) -> None:
    assert code.zh
    assert code.en
    assert code.zh != code.en


async def test_news_goes_up_and_is_taken_note_of(login: Login) -> None:
    seller = await login("leads", "sales_rep", team="cn/east/ningbo", scopes=[HISTORY])
    manager = await login("leads", "sales_manager", team="cn/east")
    account = await new_account(seller)
    news = await made(seller, INTEL, NEWS | {"account_id": account["id"]}, occurred_at=MARCH)
    assert {name: news[name] for name in NEWS} == NEWS
    assert (news["status"], news["observed_at"]) == ("reported", MARCH)
    assert (news["owner_id"], news["team"]) == (str(seller.actor.member_id), "cn/east/ningbo")
    path = f"{INTEL}/{news['id']}"
    assert (await seller.post(f"{path}/note", json={})).status_code == 403
    put_right = await seller.patch(path, json={"details": "By 5 %"}, headers={"if-match": '"1"'})
    assert (put_right.json()["details"], put_right.json()["about"]) == ("By 5 %", "Hengling")
    waiting = (await manager.get(INTEL, params={"status": "reported", "q": "S5"})).json()["items"]
    assert [each["id"] for each in waiting] == [news["id"]]
    noted = await made(manager, f"{path}/note", {"remark": "We follow"})
    assert (noted["status"], noted["remark"]) == ("noted", "We follow")
    assert noted["noted_by"] == str(manager.actor.member_id)
    late = await seller.patch(path, json={"details": "x"}, headers={"if-match": '"3"'})
    assert (late.status_code, late.json()["code"]) == (409, "market_intel.closed")
    twice = await manager.post(f"{path}/dismiss", json={})
    assert (twice.status_code, twice.json()["code"]) == (409, "lifecycle.illegal")
    assert await seller.emitted(news["id"]) == [
        "market_intel.reported.v1",
        "market_intel.updated.v1",
        "market_intel.noted.v1",
    ]


@pytest.mark.parametrize("kind", IntelKind)
@pytest.mark.parametrize("facet", [None, *CompetitorFacet])
def test_competitors_alone_have_facets(kind: IntelKind, facet: CompetitorFacet | None) -> None:
    if facet is None or kind is IntelKind.COMPETITOR:
        demand_facet(kind, facet)
        return
    with pytest.raises(Invalid) as refused:
        demand_facet(kind, facet)
    assert refused.value.code == "market_intel.facet"


async def test_what_is_known_of_a_competitor_is_told_facet_by_facet(login: Login) -> None:
    """竞争对手概况（历史、质量、价格、结构、研发、投资、影响力）: dated, with its source."""
    seller = await login("leads", "sales_rep", scopes=[HISTORY])
    codes = (await seller.get(f"{INTEL}/enums")).json()["facet"]
    told = ["历史", "质量", "价格", "结构", "研发", "投资", "影响力"]
    assert [each["zh"] for each in codes] == told
    facets = [each["code"] for each in codes]
    for day, facet in enumerate(facets, 1):
        at = f"2026-03-0{day}T09:00:00Z"
        await made(seller, INTEL, NEWS | {"facet": facet}, occurred_at=at)
    newer = await made(seller, INTEL, NEWS | {"facet": "price", "source": "Their list"})

    async def observed(**query: str) -> list[tuple[str, str]]:
        about = {"kind": "competitor", "about": "Hengling", "sort": "observed_at"}
        items = (await seller.get(INTEL, params=about | query)).json()["items"]
        return [(each["facet"], each["source"]) for each in items]

    assert await observed() == [
        *((facet, NEWS["source"]) for facet in facets),
        ("price", "Their list"),
    ]
    assert await observed(facet="price") == [("price", NEWS["source"]), ("price", "Their list")]
    path, match = f"{INTEL}/{newer['id']}", {"if-match": '"1"'}
    refused = await seller.patch(path, json={"kind": "trend"}, headers=match)
    assert (refused.status_code, refused.json()["code"]) == (422, "market_intel.facet")
    both = {"kind": "trend", "facet": None}
    assert (await seller.patch(path, json=both, headers=match)).json()["facet"] is None
    asked = "{ allMarketIntel(filter: {facet: [HISTORY]}) { nodes { facet about } } }"
    nodes = (await seller.graphql("leads", asked))["data"]["allMarketIntel"]["nodes"]
    assert nodes == [{"facet": "HISTORY", "about": "Hengling"}]


async def test_news_of_another_team_is_not_there(login: Login) -> None:
    seller = await login("leads", "sales_rep", team="cn/west")
    manager = await login("leads", "sales_manager", team="cn/east")
    path = f"{INTEL}/{(await made(seller, INTEL, NEWS))['id']}"
    assert (await manager.get(path)).status_code == 404
    assert (await manager.post(f"{path}/note", json={})).status_code == 404
    stranger = await login("leads", "admin", tenant=ids.new())
    assert (await stranger.get(path)).status_code == 404
    unknown = await seller.post(INTEL, json=NEWS | {"account_id": str(ids.new())})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "account.not_found")


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [({"kind": "gossip"}, "/kind"), ({"source": " "}, "/source"), ({"subject": ""}, "/subject")],
)
async def test_news_without_what_it_needs_is_refused(
    login: Login, wrong: dict[str, Any], pointer: str
) -> None:
    seller = await login("leads", "sales_rep")
    answer = await seller.post(INTEL, json=NEWS | wrong)
    assert answer.status_code == 422
    assert [fault["pointer"] for fault in answer.json()["errors"]] == [pointer]


async def test_news_is_filtered_by_kind_and_week(login: Login) -> None:
    seller = await login("leads", "sales_rep", scopes=[HISTORY])
    await made(seller, INTEL, NEWS, occurred_at=MARCH)
    await made(seller, INTEL, NEWS | {"kind": "trend", "subject": "Rates fall"})

    async def subjects(**query: str) -> list[str]:
        page = (await seller.get(INTEL, params=query)).json()
        return [each["subject"] for each in page["items"]]

    assert await subjects() == ["Rates fall", "They cut the price of the S5"]
    assert await subjects(kind="trend") == ["Rates fall"]
    assert await subjects(observed_in="2026-W10") == ["They cut the price of the S5"]
    assert await subjects(about="Hengling", observed_at_gt=MARCH) == ["Rates fall"]


async def test_graphql_takes_and_shows_the_same(login: Login) -> None:
    director = await login("leads", "sales_director")
    account = await new_account(director, name="Acme Group")
    report = """
    mutation ($input: ReportIntelInput!) {
      reportIntel(input: $input) { ... on MarketIntel { id status account { name } } }
    }
    """
    given = NEWS | {"kind": "COMPETITOR", "accountId": account["id"]}
    news = (await director.graphql("leads", report, input=given))["data"]["reportIntel"]
    shown = {"id": news["id"], "status": "REPORTED", "account": {"name": "Acme Group"}}
    assert news == shown
    steps = """
    mutation ($id: UUID!) {
      updateIntel(id: $id, expectedVersion: 1, input: {about: "Hansen"}) {
        ... on MarketIntel { about subject }
      }
      dismissIntel(id: $id, input: {remark: "Old news"}) { ... on MarketIntel { status remark } }
      noteIntel(id: $id, input: {}) { ... on Problem { code } }
    }
    """
    assert (await director.graphql("leads", steps, id=news["id"]))["data"] == {
        "updateIntel": {"about": "Hansen", "subject": NEWS["subject"]},
        "dismissIntel": {"status": "DISMISSED", "remark": "Old news"},
        "noteIntel": {"code": "lifecycle.illegal"},
    }
    query = """
    query ($id: UUID!) {
      marketIntel(id: $id) { about owner { id } }
      allMarketIntel(filter: {status: [DISMISSED]}) { nodes { id } }
    }
    """
    assert (await director.graphql("leads", query, id=news["id"]))["data"] == {
        "marketIntel": {"about": "Hansen", "owner": {"id": str(director.actor.member_id)}},
        "allMarketIntel": {"nodes": [{"id": news["id"]}]},
    }


@pytest.mark.parametrize(
    "kind", ["market", "competitor", "customer", "trend", "project", "channel"]
)
async def test_news_of_each_kind_reaches_who_is_above_and_nobody_beside(
    login: Login, kind: str
) -> None:
    seller = await login("leads", "sales_rep", team="cn/east/ningbo")
    above, director = (
        await login("leads", "sales_manager", team="cn/east"),
        await login("leads", "sales_director"),
    )
    beside = await login("leads", "sales_manager", team="cn/west")
    news = await made(seller, INTEL, NEWS | {"kind": kind})
    await made(seller, INTEL, NEWS | {"kind": "trend" if kind == "market" else "market"})
    asked = {"kind": kind, "status": "reported"}
    for each, told in ((above, [news["id"]]), (director, [news["id"]]), (beside, [])):
        found = (await each.get(INTEL, params=asked)).json()["items"]
        assert [item["id"] for item in found] == told
    path = f"{INTEL}/{news['id']}/note"
    assert (await beside.post(path, json={})).status_code == 404
    noted = await made(above, path, {"remark": "Seen"})
    assert (noted["status"], noted["noted_by"]) == ("noted", str(above.actor.member_id))
