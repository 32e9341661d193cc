"""The pipeline over REST and GraphQL, on deals as they are told."""

from typing import Any

import pytest

from crmkit.kernel import ids
from crmkit.testing.house import Caller
from crmkit.testing.plugin import Login
from tests.forecast.conftest import Tell


async def _lines(caller: Caller, query: str = "period=2026-11") -> list[dict[str, Any]]:
    answer = await caller.get(f"/v1/forecasts/pipeline?{query}")
    assert answer.status_code == 200, answer.text
    lines: list[dict[str, Any]] = answer.json()["lines"]
    return lines


def _yuan(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


async def test_won_and_open_deals_are_summed_beside_the_target(
    rep: Caller, director: Caller, tell_deal: Tell, tell_member: Tell
) -> None:
    me = await tell_member(rep.actor.member_id)
    await director.put(f"/v1/targets/2026-11/{me}", json={"amount": _yuan("1000.00")})
    await tell_deal(me, amount="333.33", probability=10)
    await tell_deal(me, amount="100.01", probability=75)
    await tell_deal(me, amount="250.00", status="won", won_at="2026-11-05T08:00:00Z")
    (line,) = await _lines(rep)
    assert line == {
        "owner_id": str(me),
        "currency": "CNY",
        "won": _yuan("250.00"),
        "weighted": _yuan("108.34"),
        "best_case": _yuan("433.34"),
        "target": _yuan("1000.00"),
        "gap": _yuan("750.00"),
        "attainment": "0.2500",
        "coverage": "0.5778",
        "won_count": 1,
        "open_count": 2,
    }


async def test_only_deals_of_the_period_count(rep: Caller, tell_deal: Tell) -> None:
    me = rep.actor.member_id
    for expected in ("2026-10-31", "2026-12-01", None):
        await tell_deal(me, expected_close_on=expected)
    await tell_deal(me, status="lost", lost_at="2026-11-05T08:00:00Z")
    await tell_deal(me, status="won", won_at="2026-12-01T00:00:00Z")
    await tell_deal(me, deleted_at="2026-11-05T08:00:00Z")
    assert await _lines(rep) == []
    for expected in ("2026-11-01", "2026-11-30"):
        await tell_deal(me, expected_close_on=expected)
    (line,) = await _lines(rep)
    assert (line["open_count"], line["best_case"]) == (2, _yuan("200.00"))
    (quarter,) = await _lines(rep, "period=2026-Q4")
    assert (quarter["open_count"], quarter["won_count"]) == (4, 1)


@pytest.mark.usefixtures("shanghai")
async def test_a_deal_is_won_on_the_day_it_is_where_the_tenant_lives(
    rep: Caller, tell_deal: Tell
) -> None:
    me = rep.actor.member_id
    await tell_deal(me, status="won", amount="1.00", won_at="2026-10-31T15:59:59Z")
    await tell_deal(me, status="won", amount="2.00", won_at="2026-10-31T16:00:00Z")
    await tell_deal(me, status="won", amount="4.00", won_at="2026-11-30T15:59:59Z")
    await tell_deal(me, status="won", amount="8.00", won_at="2026-11-30T16:00:00Z")
    (line,) = await _lines(rep)
    assert line["won"] == _yuan("6.00")


async def test_currencies_are_never_added_up(rep: Caller, tell_deal: Tell) -> None:
    me = rep.actor.member_id
    await tell_deal(me, amount="10.00", currency="EUR")
    await tell_deal(me, amount="20.00")
    found = {line["currency"]: line["best_case"]["amount"] for line in await _lines(rep)}
    assert found == {"CNY": "20.00", "EUR": "10.00"}


async def test_a_target_without_deals_is_shown_and_deals_without_one_have_no_gap(
    rep: Caller, director: Caller, tell_deal: Tell, tell_member: Tell
) -> None:
    me = await tell_member(rep.actor.member_id)
    other = ids.new()
    await tell_deal(other)
    await director.put(f"/v1/targets/2026-11/{me}", json={"amount": _yuan("5.00")})
    lines = {line["owner_id"]: line for line in await _lines(director)}
    assert (lines[str(me)]["won"], lines[str(me)]["open_count"]) == (_yuan("0.00"), 0)
    assert (lines[str(me)]["attainment"], lines[str(me)]["coverage"]) == ("0.0000", "0.0000")
    unset = lines[str(other)]
    assert [unset[n] for n in ("target", "gap", "attainment", "coverage")] == [None] * 4


async def test_everybody_sees_as_far_as_their_role(
    rep: Caller, manager: Caller, director: Caller, tell_deal: Tell, login: Login
) -> None:
    below, beside = ids.new(), ids.new()
    await tell_deal(rep.actor.member_id, team="cn/east")
    await tell_deal(below, team="cn/east/sh-1")
    await tell_deal(beside, team="cn/west")

    async def seen(caller: Caller, query: str = "period=2026-11") -> set[str]:
        return {line["owner_id"] for line in await _lines(caller, query)}

    mine = str(rep.actor.member_id)
    assert await seen(rep) == {mine}
    assert await seen(manager) == {mine, str(below)}
    assert await seen(director) == {mine, str(below), str(beside)}
    assert await seen(director, f"period=2026-11&owner_id={beside}") == {str(beside)}
    assert await seen(rep, f"period=2026-11&owner_id={beside}") == set()
    stranger = await login("forecast", "admin", tenant=ids.new())
    assert await seen(stranger) == set()
    outsider = await login("forecast", "delivery")
    assert (await outsider.get("/v1/forecasts/pipeline?period=2026-11")).status_code == 403


async def test_the_newest_state_of_a_deal_counts_whatever_the_order(
    rep: Caller, tell_deal: Tell
) -> None:
    me = rep.actor.member_id
    deal = await tell_deal(me, version=2, amount="20.00")
    await tell_deal(me, deal, version=1, amount="10.00")
    (line,) = await _lines(rep)
    assert line["best_case"] == _yuan("20.00")
    await tell_deal(me, deal, version=3, status="won", won_at="2026-11-05T08:00:00Z")
    (line,) = await _lines(rep)
    assert (line["won_count"], line["open_count"]) == (1, 0)


@pytest.mark.parametrize(
    "query", ["", "period=2026-W47", "period=2026-11&owner_id=x", "period=2026-11&nonsense=1"]
)
async def test_a_question_that_makes_no_sense_is_refused(rep: Caller, query: str) -> None:
    answer = await rep.get(f"/v1/forecasts/pipeline?{query}")
    assert answer.status_code == 422


async def test_graphql_shows_the_same_lines(rep: Caller, tell_deal: Tell) -> None:
    await tell_deal(rep.actor.member_id)
    query = '{ pipeline(period: "2026-11") { ownerId weighted { amount } target { amount } } }'
    answer = await rep.graphql("forecast", query)
    assert answer["data"]["pipeline"] == [
        {
            "ownerId": str(rep.actor.member_id),
            "weighted": {"amount": "50.00"},
            "target": None,
        }
    ]
