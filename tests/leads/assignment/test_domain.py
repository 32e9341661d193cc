from collections import Counter
from dataclasses import replace
from datetime import date
from fractions import Fraction
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmkit.kernel.errors import Conflict, Invalid
from services.leads.assignment.domain import (
    Candidate,
    Facts,
    Rule,
    Standing,
    Strategy,
    decide,
    demand_rule,
    demand_span,
    first_fit,
    standing,
)

HERE = Facts("web", "Zhejiang", "mixer")
POOL = UUID(int=99)


def member(number: int, **known: object) -> Candidate:
    one = Candidate(
        member_id=UUID(int=number),
        version=1,
        open=0,
        held=0,
        today=0,
        capacity=None,
        capacity_per_day=None,
        holding_cap=None,
        regions=(),
        works=True,
        absent=False,
    )
    return replace(one, **known)  # type: ignore[arg-type]  # fields of the candidate


def rule(strategy: Strategy = Strategy.LEAST_LOADED, **known: object) -> Rule:
    one = Rule(UUID(int=1), "all", strategy, POOL, (), (), (), None)
    return replace(one, **known)  # type: ignore[arg-type]  # fields of the rule


def chosen(strategy: Strategy, *candidates: Candidate, last: int = 0) -> int:
    turn = UUID(int=last) if last else None
    decided = decide(rule(strategy, last=turn), candidates, HERE)
    assert decided.chosen is not None
    return decided.chosen.member_id.int


_BOUND = st.none() | st.integers(1, 6)
_CANDIDATES = st.lists(
    st.builds(
        member,
        st.integers(1, 30),
        open=st.integers(0, 6),
        held=st.integers(0, 3),
        today=st.integers(0, 3),
        capacity=_BOUND,
        capacity_per_day=_BOUND,
        holding_cap=_BOUND,
        regions=st.sampled_from([(), ("Zhejiang",), ("Hunan",)]),
        works=st.booleans(),
        absent=st.booleans(),
        skills=st.dictionaries(st.sampled_from(["german", "press"]), st.integers(1, 5)),
    ),
    max_size=8,
    unique_by=lambda each: each.member_id,
)


def allowed(each: Candidate, strategy: Strategy, german: int = 0) -> bool:
    """The same in other words."""
    room = each.capacity is None or each.open < each.capacity
    room &= each.holding_cap is None or each.held < each.holding_cap
    today = each.capacity_per_day is None or each.today < each.capacity_per_day
    near = strategy is not Strategy.TERRITORY or "Zhejiang" in each.regions
    able = dict(each.skills).get("german", 0) >= german
    return each.works and not each.absent and room and today and near and able


@given(_CANDIDATES, st.sampled_from(list(Strategy)), st.randoms())
@settings(max_examples=150)
def test_who_is_chosen_is_free_and_the_same_in_any_order(
    candidates: list[Candidate], strategy: Strategy, chance: object
) -> None:
    decided = decide(rule(strategy), candidates, HERE)
    free = [each for each in candidates if allowed(each, strategy)]
    assert {m for m, why in decided.standings.items() if why is Standing.FREE} == {
        each.member_id for each in free
    }
    if strategy is Strategy.POOL or not free:
        assert (decided.chosen, decided.strategy) == (None, Strategy.POOL)
    else:
        assert decided.chosen in free
        assert decided.strategy is strategy
    shuffled = [*candidates]
    chance.shuffle(shuffled)  # type: ignore[attr-defined]  # a Random of hypothesis
    assert decide(rule(strategy), shuffled, HERE) == decided


@given(st.lists(st.integers(1, 40), min_size=1, max_size=7, unique=True), st.integers(1, 4))
@settings(max_examples=30)
def test_turns_give_everybody_as_many(members: list[int], rounds: int) -> None:
    candidates, last, had = [member(number) for number in members], 0, Counter[int]()
    for _ in range(rounds * len(members)):
        last = chosen(Strategy.ROUND_ROBIN, *candidates, last=last)
        had[last] += 1
    assert set(had.values()) == {rounds}


@given(st.lists(st.integers(1, 9), min_size=1, max_size=5), st.integers(1, 40))
@settings(max_examples=30)
def test_room_is_filled_in_proportion_to_capacity(capacities: list[int], leads: int) -> None:
    """Nobody is fuller than another would have been with one lead more."""
    filled = [0] * len(capacities)
    for _ in range(min(leads, sum(capacities))):
        team = [
            member(n, open=count, capacity=most)
            for n, (count, most) in enumerate(zip(filled, capacities, strict=True), 1)
        ]
        filled[chosen(Strategy.WEIGHTED_CAPACITY, *team) - 1] += 1
    for count, most in zip(filled, capacities, strict=True):
        assert count <= most
        for other, room in zip(filled, capacities, strict=True):
            assert count == 0 or Fraction(count - 1, most) <= Fraction(other, room)


def test_the_fewest_open_leads_get_the_next() -> None:
    busy, idle, same = member(1, open=5), member(3, open=2), member(2, open=2)
    assert chosen(Strategy.LEAST_LOADED, busy, idle, same) == 2


def test_a_turn_passes_over_who_is_away_and_comes_back() -> None:
    team = (member(1), member(2, absent=True), member(3))
    assert chosen(Strategy.ROUND_ROBIN, *team, last=1) == 3
    assert chosen(Strategy.ROUND_ROBIN, *team, last=3) == 1
    back = (team[0], replace(team[1], absent=False), team[2])
    assert chosen(Strategy.ROUND_ROBIN, *back, last=1) == 2


def test_a_territory_goes_to_the_least_loaded_of_those_who_sell_there() -> None:
    near, nearer = member(1, open=4, regions=("Zhejiang",)), member(2, open=3, regions=["Zhejiang"])
    assert chosen(Strategy.TERRITORY, member(3, regions=("Hunan",)), near, nearer) == 2
    assert standing(member(3), rule(Strategy.TERRITORY), HERE) is Standing.ELSEWHERE


@given(_CANDIDATES, st.sampled_from(list(Strategy)), st.integers(1, 5))
@settings(max_examples=150)
def test_who_is_not_as_good_as_a_rule_asks_is_never_chosen(
    candidates: list[Candidate], strategy: Strategy, german: int
) -> None:
    decided = decide(rule(strategy, skills={"german": german}), candidates, HERE)
    free = {each.member_id for each in candidates if allowed(each, strategy, german)}
    assert {m for m, why in decided.standings.items() if why is Standing.FREE} == free
    assert (decided.chosen is None) is (strategy is Strategy.POOL or not free)
    assert decided.chosen is None or decided.chosen.skills["german"] >= german


def test_every_skill_a_rule_asks_for_is_had_as_well_as_it_says() -> None:
    asked = rule(skills={"german": 3, "press": 2})
    had = [{"german": 3, "press": 2}, {"german": 5}, {"german": 2, "press": 5}, {}]
    told = [standing(member(1, skills=skills), asked, HERE) for skills in had]
    assert told == [Standing.FREE, *[Standing.UNSKILLED] * 3]
    assert standing(member(1), rule(), HERE) is Standing.FREE


def test_a_capacity_without_a_bound_is_asked_first_but_after_who_is_as_empty() -> None:
    assert chosen(Strategy.WEIGHTED_CAPACITY, member(1), member(2, capacity=5)) == 2
    assert chosen(Strategy.WEIGHTED_CAPACITY, member(1), member(2, capacity=5, open=1)) == 1
    assert chosen(Strategy.WEIGHTED_CAPACITY, member(1, capacity=2), member(2, capacity=5)) == 2


def test_the_first_thing_against_somebody_is_told() -> None:
    everything = member(1, works=False, absent=True, open=3, capacity=3)
    told = [
        standing(each, rule(), HERE)
        for each in (
            everything,
            replace(everything, works=True),
            replace(everything, works=True, absent=False),
            member(1, held=2, holding_cap=2),
            member(1, today=2, capacity_per_day=2),
            member(1, today=1, capacity_per_day=2),
        )
    ]
    assert told == [
        Standing.LEFT,
        Standing.ABSENT,
        Standing.FULL,
        Standing.FULL,
        Standing.FULL_TODAY,
        Standing.FREE,
    ]


def test_the_first_rule_that_fits_decides() -> None:
    other = rule(name="other", sources=("fair",))
    narrow = rule(name="narrow", sources=("web", "fair"), regions=("Zhejiang",))
    wide = rule(name="wide")
    assert first_fit([other, narrow, wide], HERE) is narrow
    assert first_fit([wide, narrow], HERE) is wide
    assert first_fit([other], HERE) is None
    assert not rule(products=("press",)).fits(HERE)
    assert rule(products=("mixer",)).fits(HERE)
    with pytest.raises(Conflict) as none:
        demand_rule(None)
    assert none.value.code == "assignment.no_rule"


def test_an_absence_does_not_end_before_it_begins() -> None:
    demand_span(date(2026, 3, 2), date(2026, 3, 2))
    with pytest.raises(Invalid) as backwards:
        demand_span(date(2026, 3, 2), date(2026, 3, 1))
    assert backwards.value.code == "absence.backwards"
