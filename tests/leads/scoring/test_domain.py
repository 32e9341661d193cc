from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmkit.kernel import ids
from crmkit.kernel.errors import Conflict, CrmError, Invalid
from crmkit.kernel.levels import (
    LEAKS,
    Column,
    ColumnKind,
    Model,
    level_of,
    number_of,
    text_of,
    value_of,
)
from crmkit.remote.training import DEFAULT_FIELDS
from services.leads.lead.domain import ScoreGrade
from services.leads.scoring.domain import (
    FACTS,
    KNOWN_EARLY,
    LIFECYCLE,
    SOONEST,
    Done,
    Factor,
    FactorSource,
    Rule,
    Score,
    ScoreModelStatus,
    Scorer,
    ScoringKind,
    ScoringTest,
    demand_early,
    demand_rule,
    demand_sound,
    fits,
    grade_of,
    has_moved,
    next_look,
    score_of,
    shown,
    top,
)

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
LEAD = {"source": "fair", "budget": Decimal("500.00"), "phone": None, "custom": {"size": "12"}}
SOUND = {"auc": "0.84", "brier": "0.15", "base_brier": "0.24"}


def fact(field: str, test: ScoringTest, *values: str, points: int = 10) -> Rule:
    return Rule(ids.new(), field, points, ScoringKind.FACT, field, test, values)


def calls(points: int = 20, half: int | None = 7, most: int = 10, *outcomes: str) -> Rule:
    return Rule(
        ids.new(),
        "Calls",
        points,
        ScoringKind.ACTIVITY,
        activity_kinds=frozenset({"call"}),
        outcomes=frozenset(outcomes),
        half_life_days=half,
        most=most,
    )


def done(*days: float, kind: str = "call", outcome: str | None = None) -> list[Done]:
    return [Done(kind, outcome, NOW - timedelta(days=each)) for each in days]


def scored(rules: Sequence[Rule], what: Sequence[Done] = (), model: Model | None = None) -> Score:
    return score_of(Scorer(tuple(rules), model), LEAD, what, NOW)


def a_model(mean: str = "0", slope: str = "1", shift: str = "0") -> Model:
    weights = {"fair": Decimal(1), "*": Decimal(-1)}
    column = Column("source", ColumnKind.VALUE, (), weights, Decimal(mean))
    return Model(ids.new(), Decimal(0), Decimal(slope), Decimal(shift), (column,))


@pytest.mark.parametrize(
    ("rule", "fitting"),
    [
        (fact("source", ScoringTest.ANY_OF, "fair", "web"), True),
        (fact("source", ScoringTest.ANY_OF, "web"), False),
        (fact("source", ScoringTest.NONE_OF, "web"), True),
        (fact("source", ScoringTest.NONE_OF, "fair"), False),
        (fact("phone", ScoringTest.GIVEN), False),
        (fact("phone", ScoringTest.MISSING), True),
        (fact("source", ScoringTest.GIVEN), True),
        (fact("source", ScoringTest.MISSING), False),
        (fact("budget", ScoringTest.AT_LEAST, "500"), True),
        (fact("budget", ScoringTest.AT_LEAST, "500.01"), False),
        (fact("budget", ScoringTest.AT_MOST, "500"), True),
        (fact("budget", ScoringTest.AT_MOST, "499.99"), False),
        (fact("phone", ScoringTest.AT_MOST, "1"), False),
        (fact("source", ScoringTest.AT_LEAST, "1"), False),
        (fact("custom.size", ScoringTest.AT_LEAST, "12"), True),
        (fact("custom.gone", ScoringTest.MISSING), True),
    ],
)
def test_a_fact_fits_or_does_not(rule: Rule, fitting: bool) -> None:
    assert fits(rule, LEAD) is fitting
    assert scored([rule]).points == (10 if fitting else 0)


def test_points_of_behaviour_halve_with_each_half_life() -> None:
    for days, points in ((0, "20.0"), (7, "10.0"), (14, "5.0"), (3.5, "14.1")):
        assert scored([calls()], done(days)).factors[0].points == Decimal(points)
    assert scored([calls(half=None)], done(365)).points == 20
    for half in (1, 90, 365):
        exact = 20 * Decimal(2) ** (Decimal(-400) / half)
        faded = scored([calls(half=half)], done(400)).points or Decimal()
        assert abs(faded - exact) < Decimal("1e-17")


def test_the_newest_of_what_fits_counts_as_often_as_the_rule_says() -> None:
    assert scored([calls(most=2)], done(14, 0, 7)).points == 30
    assert scored([calls(20, 7, 10, "agreed")], done(0) + done(7, outcome="agreed")).points == 10
    assert scored([calls()], done(0, kind="visit")).points == 0
    assert scored([calls()], done(-1)).points == 0


@pytest.mark.parametrize(("points", "kept"), [((90, 90), 100), ((-30, 10), 0), ((30, -10), 20)])
def test_points_lie_between_0_and_100(points: tuple[int, int], kept: int) -> None:
    rules = [fact("source", ScoringTest.GIVEN, points=each) for each in points]
    assert scored(rules).score == kept


def test_grades_are_quarters() -> None:
    told = {0: "d", 24: "d", 25: "c", 49: "c", 50: "b", 74: "b", 75: "a", 100: "a"}
    assert {score: grade_of(score).value for score in told} == told


def test_without_rules_and_model_there_is_no_score() -> None:
    score = scored([])
    assert (score.exact, score.score, score.grade, score.factors) == (None, None, None, ())
    assert Scorer().idle
    assert not Scorer((calls(),)).idle
    assert not Scorer(model=a_model()).idle


def test_fit_and_interest_count_half_each_where_both_are_there() -> None:
    alone = scored([], model=a_model())
    assert (shown(alone.probability), alone.score, alone.points) == ("0.7311", 73, None)
    both = scored([fact("source", ScoringTest.GIVEN, points=40)], model=a_model())
    assert (both.score, both.points) == (57, Decimal(40))


def test_a_model_scales_as_its_calibration_says_and_never_overflows() -> None:
    assert shown(a_model(slope="2", shift="-2").probability(Decimal(1))) == "0.5000"
    for weight in (Decimal(10) ** 6, -(Decimal(10) ** 6)):
        assert 0 <= a_model().probability(weight) <= 1


def test_a_factor_of_the_model_is_what_the_probability_would_lose_without_it() -> None:
    assert scored([], model=a_model(mean="1")).factors == ()
    (factor,) = scored([], model=a_model(mean="-1")).factors
    assert (factor.source, factor.points) == (FactorSource.MODEL, Decimal("46.2"))


def test_a_level_that_training_did_not_know_weighs_as_others_or_as_the_mean() -> None:
    weights = {"fair": Decimal(1)}
    column = Column("source", ColumnKind.VALUE, (), weights, Decimal("0.3"))
    assert column.weight("fair") == 1
    assert column.weight("web") == Decimal("0.3")
    assert a_model().columns[0].weight("web") == -1


def test_the_five_factors_that_matter_most_are_told() -> None:
    factors = [Factor(FactorSource.RULE, str(n), "", Decimal(n)) for n in (1, -9, 0, 4, 7, -2, 3)]
    assert [int(each.points) for each in top(factors)] == [-9, 7, 4, 3, -2]
    assert top(factors[2:3]) == ()


@pytest.mark.parametrize(
    ("kept", "points", "moved"),
    [(None, 0, True), (40, 40, False), (40, 41, True), (40, 39, True)],
)
def test_a_kept_score_has_moved_by_a_point(kept: int | None, points: int, moved: bool) -> None:
    rule = fact("source", ScoringTest.GIVEN, points=points)
    assert has_moved(kept, scored([rule])) is moved


def test_a_score_appears_and_goes_with_what_it_is_made_by() -> None:
    assert not has_moved(None, scored([]))
    assert has_moved(0, scored([]))


def test_what_does_not_fade_is_never_looked_at_again() -> None:
    assert next_look(10, scored([fact("source", ScoringTest.GIVEN)])) is None
    assert next_look(None, scored([])) is None
    assert next_look(0, scored([calls()])) is None
    assert next_look(20, scored([calls(half=None)], done(0))) is None
    assert next_look(20, scored([calls()], done(700))) == NOW + SOONEST


@given(
    days=st.lists(st.integers(0, 60), min_size=1, max_size=4),
    points=st.integers(-40, 60).filter(bool),
    steady=st.integers(0, 60),
    half=st.integers(1, 60),
)
@settings(max_examples=15, deadline=None)
def test_the_next_look_is_when_the_score_is_a_point_off_and_never_later(
    days: list[int], points: int, steady: int, half: int
) -> None:
    base = fact("source", ScoringTest.GIVEN, points=steady)
    score = scored([base, calls(points, half)], done(*days))
    kept = score.score or 0
    due = next_look(kept, score)
    raw = steady + score.fading[half]
    after = [timedelta(days=half * n / 6) for n in range(60)]
    off = [each for each in after if abs((score.after(each) or Decimal()) - kept) >= 1]
    if due is None:
        assert not off
    else:
        assert due >= NOW + SOONEST
        assert not [each for each in off if NOW + each < due - SOONEST]
        if 0 < raw < 100:  # beyond that it looks too often, never too late
            assert abs((score.after(due - NOW + SOONEST) or Decimal()) - kept) > Decimal("0.95")


@pytest.mark.parametrize(
    "rule",
    [
        fact("source", ScoringTest.ANY_OF, "fair"),
        fact("custom.size", ScoringTest.GIVEN),
        fact("budget", ScoringTest.AT_LEAST, "1.5"),
        calls(),
        calls(half=None),
    ],
)
def test_a_rule_that_can_be_asked_is_taken(rule: Rule) -> None:
    demand_rule(rule)


@pytest.mark.parametrize(
    ("rule", "named"),
    [
        (fact("status", ScoringTest.GIVEN), {"/field"}),
        (fact("source", ScoringTest.ANY_OF), {"/values"}),
        (fact("source", ScoringTest.GIVEN, "x"), {"/values"}),
        (fact("source", ScoringTest.AT_LEAST, "many"), {"/values"}),
        (fact("source", ScoringTest.AT_LEAST, "1", "2"), {"/values"}),
        (fact("source", ScoringTest.GIVEN, points=0), {"/points"}),
        (Rule(ids.new(), "x", 1, ScoringKind.FACT, "source"), {"/test"}),
        (Rule(ids.new(), "x", 1, ScoringKind.ACTIVITY), {"/activity_kinds"}),
        (
            Rule(
                *(ids.new(), "x", 1, ScoringKind.ACTIVITY, "source"),
                activity_kinds=frozenset({"call"}),
            ),
            {"/kind"},
        ),
        (
            Rule(
                *(ids.new(), "x", 1, ScoringKind.FACT, "source", ScoringTest.GIVEN),
                half_life_days=7,
            ),
            {"/kind"},
        ),
    ],
)
def test_a_rule_that_cannot_be_asked_names_what_is_wrong(rule: Rule, named: set[str]) -> None:
    with pytest.raises(Invalid) as refused:
        demand_rule(rule)
    assert {fault.pointer for fault in refused.value.faults} == named


@pytest.mark.parametrize("field", sorted(FACTS - KNOWN_EARLY))
def test_what_is_found_out_by_working_on_a_lead_is_for_rules_alone(field: str) -> None:
    demand_rule(fact(field, ScoringTest.GIVEN))
    with pytest.raises(Invalid, match="found out"):
        demand_early([field])


def test_a_model_names_each_early_field_once() -> None:
    demand_early([*sorted(KNOWN_EARLY), "custom.size"])
    with pytest.raises(Invalid, match="once"):
        demand_early(["source", "source"])


def test_training_starts_from_the_fields_and_limit_that_the_service_takes() -> None:
    assert set(DEFAULT_FIELDS) == KNOWN_EARLY
    demand_sound(SOUND | {"auc": str(LEAKS)}, [])
    with pytest.raises(Conflict):
        demand_sound(SOUND | {"auc": str(LEAKS + Decimal("0.001"))}, [])


@pytest.mark.parametrize(
    ("backtest", "alarms", "code"),
    [
        (SOUND, [], None),
        (SOUND | {"auc": "0.9001"}, [], "score_model.leaks"),
        (SOUND, ["custom.tags"], "score_model.leaks"),
        (SOUND | {"brier": "0.238"}, [], None),
        (SOUND | {"brier": "0.2381"}, [], "score_model.no_signal"),
    ],
)
def test_a_model_is_sound_or_is_refused_with_the_reason(
    backtest: dict[str, Any], alarms: list[str], code: str | None
) -> None:
    found = None
    try:
        demand_sound(backtest, alarms)
    except CrmError as refused:
        found = refused.code
    assert found == code


@pytest.mark.parametrize("current", ScoreModelStatus)
@pytest.mark.parametrize("target", ScoreModelStatus)
def test_a_model_is_drafted_activated_retired_and_perhaps_activated_again(
    current: ScoreModelStatus, target: ScoreModelStatus
) -> None:
    legal = {"draft>active", "draft>retired", "active>retired", "retired>active"}
    if f"{current}>{target}" in legal:
        assert LIFECYCLE.move(current, target) is target
    else:
        with pytest.raises(Conflict):
            LIFECYCLE.move(current, target)


@pytest.mark.parametrize(
    ("kind", "value", "level"),
    [
        (ColumnKind.VALUE, "web", "web"),
        (ColumnKind.VALUE, None, ""),
        (ColumnKind.VALUE, True, "true"),
        (ColumnKind.VALUE, ["b", "a"], "a,b"),
        (ColumnKind.VALUE, "x" * 300, "x" * 200),
        (ColumnKind.GIVEN, "", ""),
        (ColumnKind.GIVEN, "a", "yes"),
        (ColumnKind.BAND, "0.5", "0"),
        (ColumnKind.BAND, "1", "1"),
        (ColumnKind.BAND, 3, "2"),
        (ColumnKind.BAND, None, ""),
        (ColumnKind.BAND, "many", ""),
    ],
)
def test_a_value_is_of_one_level(kind: ColumnKind, value: Any, level: str) -> None:
    assert level_of(kind, value, (Decimal(1), Decimal(2))) == level


def test_values_are_read_of_records_own_fields_and_money() -> None:
    lead = {"custom": {"size": "1"}, "budget": {"amount": "5.00", "currency": "CNY"}}
    read = [value_of(lead, field) for field in ("custom.size", "custom.no", "budget", "gone")]
    assert read == ["1", None, "5.00", None]
    assert [number_of(each) for each in ("NaN", True, "2.50")] == [None, None, Decimal("2.5")]
    assert text_of(ScoreGrade.A) == "a"
