"""What callers are answered about what stands behind figures."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from crmkit.kernel import clock, ids
from crmkit.testing.house import Caller
from crmkit.testing.plugin import Login
from services.reporting.lineage.schemas import DifferenceRead, LineageRead
from services.reporting.rollup.schemas import RollupRead
from tests.reporting.conftest import Fold, Told

EAST, WEST = UUID(int=31), UUID(int=32)
MAY = datetime(2026, 5, 4, 9, tzinfo=UTC)
TUESDAY, WEDNESDAY, THURSDAY = (datetime(2026, 6, day, 12, tzinfo=UTC) for day in (2, 3, 4))
YEAR = {"from": "2026-01-01", "to": "2026-12-31"}
WON = YEAR | {"measure": "opportunity_won_amount", "grain": "quarter"}
BETWEEN = {"from_as_of": TUESDAY.isoformat(), "to_as_of": THURSDAY.isoformat()}


@pytest.fixture
async def corrected(fold: Fold, told: Told, tenant: UUID) -> list[UUID]:
    """Three deals won by Tuesday; by Thursday one is worth more, and one is another's.

    Answers the deals' ids.
    """
    deals = [ids.named(tenant, n) for n in range(3)]
    east: dict[str, Any] = {"owner_id": EAST, "team": "cn/east", "region": "East"}
    west: dict[str, Any] = {"owner_id": WEST, "team": "cn/west", "region": "West"}
    won = {"opened_at": MAY, "won_at": MAY, "currency": "CNY"}
    await fold(
        [
            told("opportunity", deals[0], amount="10.00", recorded=TUESDAY, **east, **won),
            told("opportunity", deals[1], amount="5.00", recorded=TUESDAY, **east, **won),
            told("opportunity", deals[2], amount="1.00", recorded=TUESDAY, **west, **won),
            told("opportunity", deals[0], 2, amount="30.00", recorded=WEDNESDAY, **east, **won),
            told("opportunity", deals[1], 2, amount="5.00", recorded=THURSDAY, **west, **won),
            told("member", EAST, name="Zhao", recorded=TUESDAY),
            told("member", WEST, name="Bai", recorded=TUESDAY),
            told("member", EAST, 2, name="Zhao Lan", recorded=THURSDAY),
        ]
    )
    return deals


async def asked(caller: Caller, path: str, **given: str) -> dict[str, Any]:
    answer = await caller.get(f"/v1/rollups{path}", params=given)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


@pytest.fixture
async def director(login: Login) -> Caller:
    return await login("reporting", "sales_director")


async def test_a_figure_is_read_as_it_was_known_with_the_names_of_then(
    corrected: list[UUID], director: Caller
) -> None:
    for at, east, name in (
        (TUESDAY, "15.00", "Zhao"),
        (WEDNESDAY, "35.00", "Zhao"),
        (THURSDAY, "30.00", "Zhao Lan"),
    ):
        body = await asked(director, "", **WON, by="owner", as_of=at.isoformat())
        RollupRead.model_validate(body)
        assert body["as_of"] == at.isoformat().replace("+00:00", "Z")
        found = {item["owner"]: item["value"] for item in body["items"]}
        assert found[name] == east, at
    early = (TUESDAY - timedelta(seconds=1)).isoformat()
    assert (await asked(director, "", **WON, as_of=early))["items"] == []


async def test_a_report_is_read_as_it_was_known(corrected: list[UUID], director: Caller) -> None:
    for at, won in ((TUESDAY, "16.00"), (WEDNESDAY, "36.00"), (THURSDAY, "36.00")):
        answer = await director.get("/v1/reports/weekly/2026-W19", params={"as_of": at.isoformat()})
        report = answer.json()
        assert report["as_of"] == at.isoformat().replace("+00:00", "Z")
        section = next(each for each in report["currencies"] if each["currency"] == "CNY")
        assert section["won"]["amount"]["value"] == won


async def test_a_difference_names_the_events_that_made_it(
    corrected: list[UUID], director: Caller
) -> None:
    body = await asked(director, "/diff", **WON, **BETWEEN, by="region")
    DifferenceRead.model_validate(body)
    shown = [
        (
            item["region"],
            item["before"],
            item["after"],
            item["difference"],
            {(event["aggregate_id"], event["version"]) for event in item["events"]},
        )
        for item in body["items"]
    ]
    first, moved = str(corrected[0]), str(corrected[1])
    assert shown == [
        ("East", "15.00", "30.00", "15.00", {(first, 2), (moved, 2)}),
        ("West", "1.00", "6.00", "5.00", {(moved, 2)}),
    ]
    event = body["items"][1]["events"][0]
    assert (event["type"], event["aggregate"]) == ("opportunity.changed.v1", "opportunity")
    assert (event["actor"], event["recorded_at"]) == ("system", "2026-06-04T12:00:00Z")


async def test_what_did_not_change_is_left_out(corrected: list[UUID], director: Caller) -> None:
    counted = WON | {"measure": "opportunities_won"}
    assert (await asked(director, "/diff", **counted, **BETWEEN))["items"] == []
    nothing = {"from_as_of": THURSDAY.isoformat()}
    body = await asked(director, "/diff", **WON, **nothing)
    assert body["items"] == []
    assert body["to_as_of"] > body["from_as_of"]


async def test_a_new_time_zone_is_told_beside_the_items_it_moves(
    corrected: list[UUID], fold: Fold, told: Told, director: Caller, tenant: UUID
) -> None:
    late = datetime(2026, 5, 31, 20, tzinfo=UTC)
    await fold(
        [
            told("opportunity", opened_at=late, recorded=TUESDAY),
            told("tenant", tenant, 1, time_zone="Asia/Shanghai", recorded=WEDNESDAY),
        ]
    )
    question = YEAR | {"measure": "opportunities_created", "grain": "month"}
    body = await asked(director, "/diff", **question, **BETWEEN)
    changes = {item["period"]: item["difference"] for item in body["items"]}
    assert changes == {"2026-05": -1, "2026-06": 1}
    (zone,) = body["zones"]
    assert (zone["type"], zone["aggregate_id"]) == ("tenant.updated.v1", str(tenant))


async def test_pages_of_a_difference_follow_each_other(
    corrected: list[UUID], director: Caller
) -> None:
    question = WON | BETWEEN | {"by": "owner,region"}
    whole = (await asked(director, "/diff", **question))["items"]
    first = await asked(director, "/diff", **question, limit="1")
    rest = await asked(director, "/diff", **question, limit="1", cursor=first["next_cursor"])
    assert first["items"] + rest["items"] == whole
    assert rest["next_cursor"] is None


async def test_a_figure_is_made_of_its_facts_and_their_events(
    corrected: list[UUID], director: Caller
) -> None:
    question = {"measure": "opportunity_won_amount", "period": "2026-05", "region": "East"}
    for at, made in ((TUESDAY, {0: "10.00", 1: "5.00"}), (THURSDAY, {0: "30.00"})):
        body = await asked(director, "/lineage", **question, as_of=at.isoformat())
        LineageRead.model_validate(body)
        expected = {str(corrected[n]): value for n, value in made.items()}
        assert {item["id"]: item["value"] for item in body["items"]} == expected
        total = sum(float(value) for value in made.values())
        assert body["figure"] == [{"value": f"{total:.2f}", "currency": "CNY"}]
        for item in body["items"]:
            versions = [event["version"] for event in item["events"]]
            assert versions == ([2, 1] if at == THURSDAY else [1])
            assert item["aggregate"] == "opportunity"


async def test_pages_of_a_lineage_follow_each_other(
    corrected: list[UUID], director: Caller
) -> None:
    question = {"measure": "opportunities_won", "period": "2026-Q2"}
    whole = await asked(director, "/lineage", **question)
    assert whole["figure"] == [{"value": 3, "currency": None}]
    found: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    for _ in range(3):
        page = await asked(director, "/lineage", **question, limit="1", **cursor)
        found += page["items"]
        cursor = {"cursor": page["next_cursor"]}
    assert found == whole["items"]
    assert cursor == {"cursor": None}


async def test_a_rep_sees_what_is_behind_their_own_figures(
    corrected: list[UUID], login: Login
) -> None:
    rep = await login("reporting", "sales_rep", member=WEST, team="cn/west")
    (item,) = (await asked(rep, "/diff", **WON, **BETWEEN))["items"]
    assert (item["before"], item["after"]) == ("1.00", "6.00")
    question = {"measure": "opportunity_won_amount", "period": "2026-Q2"}
    found = await asked(rep, "/lineage", **question)
    assert {item["id"] for item in found["items"]} == {str(corrected[1]), str(corrected[2])}
    assert found["figure"] == [{"value": "6.00", "currency": "CNY"}]
    then = await asked(rep, "/lineage", **question, as_of=TUESDAY.isoformat())
    assert {item["id"] for item in then["items"]} == {str(corrected[2])}
    partner = await login("reporting", "partner")
    for path, given in (("/diff", WON | BETWEEN), ("/lineage", question)):
        assert (await partner.get(f"/v1/rollups{path}", params=given)).status_code == 403
    stranger = await login("reporting", "admin", tenant=ids.new())
    assert (await asked(stranger, "/lineage", **question))["items"] == []
    assert (await asked(stranger, "/diff", **WON, **BETWEEN))["items"] == []


@pytest.mark.parametrize(
    ("path", "given", "code"),
    [
        ("/diff", {"from_as_of": None}, "parameter.invalid"),
        ("/diff", {"from_as_of": "never"}, "as_of.invalid"),
        ("/diff", {"to_as_of": "2999-01-01T00:00:00Z"}, "as_of.invalid"),
        ("/diff", {"to_as_of": "2026-01-01T00:00:00Z"}, "parameter.invalid"),
        ("/diff", {"limit": "0"}, "parameter.invalid"),
        ("/diff", {"limit": "²"}, "parameter.invalid"),
        ("/diff", {"cursor": "nonsense"}, "cursor.invalid"),
        ("/diff", {"cursor": "WyJhIiwgImIiXQ=="}, "cursor.invalid"),
        ("/diff", {"form": "2026-01-01"}, "parameter.unknown"),
        ("/lineage", {"period": "2026-13"}, "period.invalid"),
        ("/lineage", {"measure": "leads"}, "parameter.invalid"),
        ("/lineage", {"by": "owner"}, "parameter.unknown"),
        ("/lineage", {"cursor": "WyJhIl0="}, "cursor.invalid"),
    ],
)
async def test_a_question_that_makes_no_sense_is_refused(
    director: Caller, path: str, given: dict[str, str | None], code: str
) -> None:
    whole: dict[str, str | None] = (
        {**WON, **BETWEEN}
        if path == "/diff"
        else {"measure": "opportunity_won_amount", "period": "2026-05"}
    )
    asked_for = {name: value for name, value in (whole | given).items() if value is not None}
    answer = await director.get(f"/v1/rollups{path}", params=asked_for)
    assert answer.json()["code"] == code, answer.text


async def test_graphql_answers_the_same(corrected: list[UUID], director: Caller) -> None:
    query = """query ($from: DateTime!, $to: DateTime!) {
      rollupDiff(about: {measure: "opportunity_won_amount", grain: QUARTER, from: "2026-01-01",
                         to: "2026-12-31", by: ["region"]}, fromAsOf: $from, toAsOf: $to) {
        items { before { period region amount { amount } } after { amount { amount currency } }
                difference { amount { amount } } events { aggregateId version recordedAt actor } }
        zones { id } pageInfo { hasNextPage endCursor } }
      rollupLineage(measure: "opportunity_won_amount", period: "2026-Q2") {
        figure { period amount { amount } } items { id aggregate adds { amount { amount } }
                                                    events { id version } } }
      rollup(measure: "opportunities_won", grain: QUARTER, from: "2026-01-01", to: "2026-12-31") {
        asOf items { count } } }"""
    given = {"from": TUESDAY.isoformat(), "to": THURSDAY.isoformat()}
    answer = await director.graphql("reporting", query, **given)
    assert "errors" not in answer, answer
    data = answer["data"]
    rest = await asked(director, "/diff", **WON, **BETWEEN, by="region")
    shown = [
        (
            item["before"]["region"],
            item["before"]["amount"]["amount"],
            item["after"]["amount"]["amount"],
            item["difference"]["amount"]["amount"],
            [event["aggregateId"] for event in item["events"]],
        )
        for item in data["rollupDiff"]["items"]
    ]
    assert shown == [
        (
            item["region"],
            item["before"],
            item["after"],
            item["difference"],
            [event["aggregate_id"] for event in item["events"]],
        )
        for item in rest["items"]
    ]
    assert data["rollupDiff"]["pageInfo"] == {"hasNextPage": False, "endCursor": None}
    lineage = await asked(director, "/lineage", measure=WON["measure"], period="2026-Q2")
    found = {i["id"]: i["adds"]["amount"]["amount"] for i in data["rollupLineage"]["items"]}
    assert found == {item["id"]: item["value"] for item in lineage["items"]}
    director.client.headers["as-of"] = TUESDAY.isoformat()
    then = await director.graphql("reporting", query, **given)
    assert then["errors"][0]["extensions"]["code"] == "as_of.unsupported"
    only = query[query.index("rollupLineage") :]
    past = (await director.graphql("reporting", f"{{ {only}"))["data"]
    assert past["rollupLineage"]["figure"][0]["amount"]["amount"] == "16.00"
    assert past["rollup"]["asOf"].startswith("2026-06-02T12:00:00")


async def test_graphql_refuses_the_future(director: Caller) -> None:
    query = """query ($from: DateTime!) { rollupDiff(about: {measure: "leads_created", grain: DAY,
        from: "2026-01-01", to: "2026-01-02"}, fromAsOf: $from) { fromAsOf } }"""
    later = (clock.now() + timedelta(days=1)).isoformat()
    answer = await director.graphql("reporting", query, **{"from": later})
    assert answer["errors"][0]["extensions"]["code"] == "as_of.invalid"
