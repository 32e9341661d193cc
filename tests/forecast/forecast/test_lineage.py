"""What stands behind figures of the pipeline: deals, targets and their events, by both doors."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from crmkit.testing.house import Caller
from services.forecast.forecast.domain import Figure
from services.forecast.forecast.schemas import PipelineLineageRead
from tests.forecast.conftest import Tell

_QUERY = """
query($figure: PipelineFigure!, $after: UUID, $first: Int! = 50) {
  pipelineLineage(period: "2026-11", figure: $figure, after: $after, first: $first) {
    figure lines { ownerId weighted { amount currency } }
    items { aggregate id version part ownerId amount { amount currency } adds
            events { version recordedAt } }
    pageInfo { hasNextPage endCursor }
  }
}
"""


@pytest.fixture
async def mine(rep: Caller, director: Caller, tell_deal: Tell, tell_member: Tell) -> list[UUID]:
    """Two open deals of the caller's, one of which was told twice, one won; a target."""
    me = await tell_member(rep.actor.member_id)
    for amount, known in (("900.00", {}), ("1000.00", {"if-match": '"1"'})):
        body = {"amount": {"amount": amount, "currency": "CNY"}}
        answer = await director.put(f"/v1/targets/2026-11/{me}", json=body, headers=known)
        assert answer.is_success, answer.text
    first = await tell_deal(me, amount="1.00", probability=10)
    await tell_deal(me, first, 2, amount="333.33", probability=10)
    second = await tell_deal(me, amount="100.01", probability=75)
    won = await tell_deal(me, amount="250.00", status="won", won_at="2026-11-05T08:00:00Z")
    await tell_deal(me, expected_close_on="2026-12-01")
    return [first, second, won]


async def asked(caller: Caller, figure: str, **others: Any) -> dict[str, Any]:
    given = {"period": "2026-11", "figure": figure} | others
    answer = await caller.get("/v1/forecasts/pipeline/lineage", params=given)
    assert answer.status_code == 200, answer.text
    PipelineLineageRead.model_validate(answer.json())
    return dict(answer.json())


async def test_contributions_add_up_to_each_figure(rep: Caller, mine: list[UUID]) -> None:
    for figure in ("won", "weighted", "best_case", "target", "won_count", "open_count"):
        found = await asked(rep, figure)
        (line,) = found["lines"]
        told = line[figure]
        whole = Decimal(told["amount"] if isinstance(told, dict) else told)
        added = sum((Decimal(item["adds"]) for item in found["items"]), Decimal())
        assert added.quantize(Decimal("0.01"), "ROUND_HALF_UP") == whole, figure
        assert whole > 0


@pytest.mark.parametrize(("figure", "parts"), [
    (Figure.ATTAINMENT, {"won", "target"}),
    (Figure.GAP, {"won", "target"}),
    (Figure.COVERAGE, {"won", "open", "target"}),
    (Figure.WEIGHTED, {"open"}),
])  # fmt: skip
async def test_a_ratio_rests_on_all_it_is_reckoned_from(
    rep: Caller, mine: list[UUID], figure: Figure, parts: set[str]
) -> None:
    assert {item["part"] for item in (await asked(rep, figure))["items"]} == parts


async def test_each_fact_names_every_event_that_made_it_so(rep: Caller, mine: list[UUID]) -> None:
    found = await asked(rep, "coverage")
    versions = {
        item["id"]: [event["version"] for event in item["events"]] for item in found["items"]
    }
    (target,) = [item["id"] for item in found["items"] if item["aggregate"] == "target"]
    first, second, won = map(str, mine)
    assert versions == {first: [2, 1], second: [1], won: [1], target: [2, 1]}


async def test_pages_end_and_graphql_says_the_same(rep: Caller, mine: list[UUID]) -> None:
    whole = await asked(rep, "weighted")
    one = await asked(rep, "weighted", limit=1)
    two = await asked(rep, "weighted", limit=1, cursor=one["next_cursor"])
    assert one["items"] + two["items"] == whole["items"]
    assert (two["next_cursor"], whole["next_cursor"]) == (None, None)
    answer = await rep.graphql("forecast", _QUERY, figure="WEIGHTED", first=1)
    found = answer["data"]["pipelineLineage"]
    assert found["pageInfo"] == {"hasNextPage": True, "endCursor": one["next_cursor"]}
    (item,), (like,) = found["items"], one["items"]
    assert (item["id"], item["adds"], item["amount"]) == (like["id"], like["adds"], like["amount"])
    assert [e["version"] for e in item["events"]] == [e["version"] for e in like["events"]]
    assert found["lines"][0]["weighted"] == whole["lines"][0]["weighted"]


async def test_others_deals_and_targets_are_behind_nothing_that_a_seller_sees(
    rep: Caller, director: Caller, mine: list[UUID], tell_deal: Tell, tell_member: Tell
) -> None:
    other = await tell_member(UUID(int=mine[0].int + 7))
    theirs = await tell_deal(other)
    ids = {item["id"] for item in (await asked(rep, "coverage"))["items"]}
    assert str(theirs) not in ids
    assert ids >= set(map(str, mine))
    seen = await asked(director, "best_case", owner_id=str(other))
    assert [item["id"] for item in seen["items"]] == [str(theirs)]
    assert (await asked(director, "best_case", currency="USD"))["items"] == []


async def test_as_of_an_instant_it_is_what_was_told_by_then(rep: Caller, mine: list[UUID]) -> None:
    before = datetime(2026, 9, 1, tzinfo=UTC).isoformat()
    found = await asked(rep, "won", as_of=before)
    assert (found["lines"], found["items"]) == ([], [])


@pytest.mark.parametrize("wrong", [
    {"figure": "luck"}, {"limit": 0}, {"cursor": "x"}, {"period": "2026-W03"}, {"currency": "yuan"},
])  # fmt: skip
async def test_questions_that_make_no_sense_are_refused(rep: Caller, wrong: dict[str, Any]) -> None:
    given = {"period": "2026-11", "figure": "won"} | wrong
    answer = await rep.get("/v1/forecasts/pipeline/lineage", params=given)
    assert answer.status_code == 422


async def test_a_word_that_is_part_of_a_figure_is_refused_with_the_figures_there_are(
    rep: Caller,
) -> None:
    given = {"period": "2026-11", "figure": "open"}
    answer = await rep.get("/v1/forecasts/pipeline/lineage", params=given)
    (fault,) = answer.json()["errors"]
    assert fault["code"] == "field.enum"
    assert all(figure.value in fault["message"] for figure in Figure)
