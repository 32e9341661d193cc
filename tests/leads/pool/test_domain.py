from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmkit.kernel.errors import Conflict, CrmError, Forbidden, Invalid
from services.leads.lead.models import IS_OPEN
from services.leads.pool.domain import (
    PoolTerms,
    ReleaseReason,
    ReturnReason,
    begin,
    demand_ahead,
    demand_cooled,
    demand_daily,
    demand_manager,
    demand_note,
    demand_room,
    demand_seat,
    demand_terms,
    effective_day,
    extend,
    next_due,
    recycled_because,
    used_today,
)
from services.leads.pool.queries import HELD

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MARCH = date(2026, 3, 2)


def terms(default: int = 10, more: int = 3, most: int = 20, *warn: int) -> PoolTerms:
    return PoolTerms(None, None, 72, default, more, most, warn, mask_contact_until_claimed=True)


def days(count: int) -> timedelta:
    return timedelta(days=count)


_DAYS = st.integers(1, 60)
_TERMS = st.builds(
    lambda default, more, longer, warn: terms(default, more, default + longer, *warn),
    _DAYS,
    _DAYS,
    st.integers(0, 60),
    st.lists(_DAYS, max_size=5, unique=True),
)


def test_a_claim_is_kept_for_the_usual_days_and_never_for_longer_than_the_most() -> None:
    assert begin(NOON, terms(10, 3, 20), NOON).recycle_at == NOON + days(10)
    assert begin(NOON, terms(30, 3, 20), NOON).recycle_at == NOON + days(20)


@given(_TERMS, st.lists(st.integers(-10, 90), max_size=6))
@settings(max_examples=40)
def test_activities_extend_by_the_formula_and_never_past_the_most(
    rules: PoolTerms, activities: list[int]
) -> None:
    clocks = begin(NOON, rules, NOON)
    for day in activities:
        at, before = NOON + days(day), clocks.recycle_at
        clocks = extend(NOON, before, at, rules, at)
        wanted = max(before, at + days(rules.extend_days_per_activity)) if day >= 0 else before
        assert clocks.recycle_at == min(NOON + days(rules.max_protect_days), wanted)
        assert before <= clocks.recycle_at <= NOON + days(rules.max_protect_days)
        assert clocks.due_at <= clocks.recycle_at


def test_what_was_done_before_the_claim_extends_nothing() -> None:
    eager = terms(10, 15, 30)
    assert extend(NOON, NOON + days(10), NOON - days(1), eager, NOON).recycle_at == NOON + days(10)
    assert extend(NOON, NOON + days(10), NOON, eager, NOON).recycle_at == NOON + days(15)


@given(st.lists(_DAYS, max_size=5, unique=True), st.integers(-5, 70))
@settings(max_examples=40)
def test_each_warning_comes_once_in_order_and_the_end_after_them(
    warn: list[int], begun: int
) -> None:
    ends, now = NOON + days(60), NOON + days(begun)
    seen = []
    while now < ends:
        now = next_due(ends, warn, now)
        seen.append(now)
    ahead = sorted(ends - days(w) for w in warn if ends - days(w) > NOON + days(begun))
    assert seen == ([*ahead, ends] if begun < 60 else [])


def test_a_warning_whose_day_is_over_is_not_made_up() -> None:
    assert next_due(NOON + days(2), [3, 1], NOON) == NOON + days(1)
    assert next_due(NOON + days(2), [], NOON) == NOON + days(2)
    assert next_due(NOON - days(2), [1], NOON) == NOON - days(2)


def test_which_clock_ran_out_is_told() -> None:
    rules = terms(10, 3, 20)
    assert recycled_because(NOON, NOON + days(10), rules) is ReleaseReason.NO_FOLLOW_UP
    assert recycled_because(NOON, NOON + days(20), rules) is ReleaseReason.MAX_PROTECTION


def code_of(error: pytest.ExceptionInfo[CrmError]) -> str:
    return error.value.code


def test_caps_refuse_what_reaches_them() -> None:
    demand_daily(2, 1)
    demand_room(2, 1)
    demand_daily(None, 10**6)
    demand_room(None, 10**6)
    with pytest.raises(Conflict) as daily:
        demand_daily(2, 2)
    with pytest.raises(Conflict) as holding:
        demand_room(2, 2)
    assert (code_of(daily), code_of(holding)) == ("pool.daily_cap", "pool.holding_cap")
    assert daily.value.extra == holding.value.extra == {"cap": 2}


def test_a_count_is_worth_nothing_on_another_day() -> None:
    assert used_today(MARCH, 7, MARCH) == 7
    assert used_today(MARCH, 7, MARCH + days(1)) == 0
    assert used_today(None, 0, MARCH) == 0


def test_who_let_go_waits_to_the_hour() -> None:
    demand_cooled(None, 72, NOON)
    demand_cooled(NOON, 72, NOON + timedelta(hours=72))
    demand_cooled(NOON, 0, NOON)
    with pytest.raises(Conflict) as barred:
        demand_cooled(NOON, 72, NOON + timedelta(hours=71, minutes=59))
    assert (code_of(barred), barred.value.extra) == (
        "pool.cooldown",
        {"until": "2026-03-05T12:00:00Z"},
    )


def test_another_reason_is_said_in_words() -> None:
    for reason in ReturnReason:
        demand_note(reason, "they moved abroad")
    with pytest.raises(Invalid) as unsaid:
        demand_note(ReturnReason.OTHER, "")
    demand_note(ReturnReason.NO_TIME, "")
    assert code_of(unsaid) == "return.note"


def test_rules_hold_from_tomorrow_and_never_from_yesterday() -> None:
    assert effective_day(None, MARCH) == MARCH + days(1)
    assert effective_day(MARCH, MARCH) == MARCH
    with pytest.raises(Invalid) as past:
        effective_day(MARCH - days(1), MARCH)
    assert code_of(past) == "pool_rule.past"


def test_rules_that_have_held_are_not_rewritten() -> None:
    demand_ahead(MARCH + days(1), MARCH)
    with pytest.raises(Conflict) as held:
        demand_ahead(MARCH, MARCH)
    assert code_of(held) == "pool_rule.in_force"


def test_rules_fit_together() -> None:
    demand_terms(terms(20, 3, 20, 3, 1))
    with pytest.raises(Invalid) as longer:
        demand_terms(terms(21, 3, 20))
    with pytest.raises(Invalid) as twice:
        demand_terms(terms(10, 3, 20, 3, 3))
    assert (code_of(longer), code_of(twice)) == ("pool_rule.protection", "pool_rule.warn_days")


def test_members_claim_and_administrators_manage() -> None:
    demand_seat(seated=True)
    demand_manager(manages=True)
    with pytest.raises(Forbidden) as outside:
        demand_seat(seated=False)
    with pytest.raises(Forbidden) as inside:
        demand_manager(manages=False)
    assert (code_of(outside), code_of(inside)) == ("pool.not_member", "pool.not_admin")


def test_what_is_held_of_a_pool_are_its_open_leads() -> None:
    assert IS_OPEN in HELD
