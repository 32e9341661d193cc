from typing import Any
from uuid import UUID

import pytest

from crmkit.testing.house import Caller
from tests.forecast.conftest import Tell


def _commit(amount: str, period: str = "2026-11", currency: str = "CNY") -> dict[str, Any]:
    return {"period": period, "commit": {"amount": amount, "currency": currency}}


async def test_a_forecast_holds_the_figures_as_they_stand(
    rep: Caller, director: Caller, tell_deal: Tell, tell_member: Tell
) -> None:
    me = await tell_member(rep.actor.member_id, team="cn/east/sh-1")
    target = {"amount": {"amount": "900.00", "currency": "CNY"}}
    await director.put(f"/v1/targets/2026-11/{me}", json=target)
    await tell_deal(me, amount="200.00", probability=25)
    await tell_deal(me, amount="70.00", status="won", won_at="2026-11-05T08:00:00Z")
    answer = await rep.post("/v1/forecasts", json=_commit("400.00"))
    assert answer.status_code == 201
    made = answer.json()
    assert answer.headers["location"] == f"/v1/forecasts/{made['id']}"
    figures = {name: made[name]["amount"] for name in ("won", "weighted", "target", "commit")}
    assert figures == {
        "won": "70.00",
        "weighted": "50.00",
        "target": "900.00",
        "commit": "400.00",
    }
    assert (made["owner_id"], made["team"]) == (str(me), "cn/east/sh-1")
    assert (made["starts_on"], made["ends_on"]) == ("2026-11-01", "2026-11-30")


async def test_submitting_again_brings_the_one_forecast_up_to_date(
    rep: Caller, tell_deal: Tell
) -> None:
    first = (await rep.post("/v1/forecasts", json=_commit("400.00"))).json()
    await tell_deal(rep.actor.member_id, amount="10.00", probability=50)
    again = (await rep.post("/v1/forecasts", json=_commit("450.00"))).json()
    assert (again["id"], again["version"]) == (first["id"], 2)
    assert (again["commit"]["amount"], again["weighted"]["amount"]) == ("450.00", "5.00")
    assert again["submitted_at"] > first["submitted_at"]
    listed = (await rep.get("/v1/forecasts?period=2026-11")).json()["items"]
    assert listed == [again]
    assert await rep.emitted(UUID(first["id"])) == ["forecast.submitted.v1"] * 2
    history = (await rep.get(f"/v1/forecasts/{first['id']}/history")).json()["items"]
    assert history[0]["changed"]["commit"] == ["400.00", "450.00"]


async def test_figures_of_another_currency_are_left_out(rep: Caller, tell_deal: Tell) -> None:
    await tell_deal(rep.actor.member_id, amount="10.00", currency="EUR")
    made = (await rep.post("/v1/forecasts", json=_commit("5.00"))).json()
    assert made["weighted"] == {"amount": "0.00", "currency": "CNY"}


async def test_everybody_commits_for_themselves_and_managers_read_below(
    rep: Caller, manager: Caller, director: Caller
) -> None:
    mine = (await rep.post("/v1/forecasts", json=_commit("1.00"))).json()
    theirs = (await manager.post("/v1/forecasts", json=_commit("2.00"))).json()
    assert theirs["owner_id"] == str(manager.actor.member_id)
    assert (await rep.get(f"/v1/forecasts/{theirs['id']}")).status_code == 404
    for above in (manager, director):
        listed = (await above.get("/v1/forecasts?sort=submitted_at")).json()["items"]
        assert [each["id"] for each in listed] == [mine["id"], theirs["id"]]


@pytest.mark.parametrize(
    "body",
    [
        _commit("1.00", period="2026-W47"),
        _commit("-1.00"),
        _commit("1.00", currency="KWD"),
        {"period": "2026-11"},
        _commit("1.00") | {"won": "5.00"},
    ],
)
async def test_a_forecast_that_makes_no_sense_is_refused(rep: Caller, body: dict[str, Any]) -> None:
    assert (await rep.post("/v1/forecasts", json=body)).status_code == 422


async def test_a_target_is_set_changed_and_answered_over_graphql(
    director: Caller, tell_member: Tell
) -> None:
    li = await tell_member(director.actor.member_id)
    amount = {"amount": "5.00", "currency": "CNY"}
    made = await director.graphql(
        "forecast",
        """mutation ($owner: UUID!, $amount: MoneyInput!) {
          setTarget(period: "2026-11", ownerId: $owner, input: {amount: $amount}) {
            ... on Target { id endsOn } ... on Problem { code } } }""",
        owner=str(li),
        amount=amount,
    )
    target = made["data"]["setTarget"]
    assert target["endsOn"] == "2026-11-30"
    changed = await director.graphql(
        "forecast",
        """mutation ($id: UUID!, $amount: MoneyInput!) {
          changeTarget(id: $id, expectedVersion: 1, input: {amount: $amount}) {
            ... on Target { version amount { amount } } ... on Problem { code } } }""",
        id=target["id"],
        amount=amount | {"amount": "6.00"},
    )
    assert changed["data"]["changeTarget"] == {"version": 2, "amount": {"amount": "6.00"}}
    listed = await director.graphql(
        "forecast", '{ targets(filter: {period: ["2026-11"]}) { nodes { id } } }'
    )
    assert listed["data"]["targets"]["nodes"] == [{"id": target["id"]}]


async def test_a_forecast_is_submitted_and_listed_over_graphql(rep: Caller) -> None:
    made = await rep.graphql(
        "forecast",
        """mutation ($input: SubmitForecastInput!) {
          submitForecast(input: $input) {
            ... on Forecast { id commit { amount } } ... on Problem { code } } }""",
        input=_commit("7.00"),
    )
    assert made["data"]["submitForecast"]["commit"] == {"amount": "7.00"}
    listed = await rep.graphql("forecast", "{ forecasts { nodes { id period } } }")
    wanted = {"id": made["data"]["submitForecast"]["id"], "period": "2026-11"}
    assert listed["data"]["forecasts"]["nodes"] == [wanted]
