from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmkit.kernel import ids
from crmkit.kernel.actor import Actor
from crmkit.settings import Settings
from crmkit.web import limits
from crmkit.web.limits import Budget, Limits

RATES = st.integers(1, 1000)
PAUSES = st.lists(st.floats(0, 0.2) | st.just(0.0), min_size=1, max_size=200)
TENANT = ids.new()
ACTOR = Actor(TENANT, ids.new(), frozenset({"sales_rep"}))


@given(rate=RATES, window=st.integers(1, 10), pauses=PAUSES)
def test_no_stretch_of_time_admits_more_than_a_burst_and_the_steady_rate(
    rate: int, window: int, pauses: list[float]
) -> None:
    budget = Budget("x", rate, window)
    now, admitted = 1000.0, []
    for pause in pauses:
        now += pause
        if not budget.take("me", now).wait:
            admitted.append(now)
    for n, start in enumerate(admitted):
        for count, end in enumerate(admitted[n:], 1):
            assert count <= budget.burst + rate * (end - start) + 1e-3


@given(rate=RATES, pauses=PAUSES)
def test_who_keeps_to_the_steady_rate_is_never_refused(rate: int, pauses: list[float]) -> None:
    budget = Budget("x", rate)
    now = 1000.0
    for pause in pauses:
        now += 1 / rate + pause
        assert budget.take("me", now).wait == 0


@given(rate=RATES, window=st.integers(1, 10))
def test_what_is_left_is_exactly_what_may_still_be_asked_at_once(rate: int, window: int) -> None:
    budget = Budget("x", min(rate, 200), window)
    for left in reversed(range(budget.burst)):
        taken = budget.take("me", 50.0)
        assert (taken.takes, taken.wait) == (left, 0.0)
    assert budget.take("me", 50.0).takes == 0
    assert budget.take("me", 50.0).wait > 0


@given(rate=RATES, pauses=PAUSES)
def test_who_waits_as_long_as_told_is_let_in_and_not_before(rate: int, pauses: list[float]) -> None:
    budget = Budget("x", rate)
    now = 1000.0
    while not (wait := budget.take("me", now).wait):
        pass
    assert budget.look("me", now + wait / 2).wait > 0
    assert budget.take("me", now + wait / 2).wait > 0
    assert budget.take("me", now + wait).wait == 0
    exact = Fraction(1, rate)
    assert wait <= exact + Fraction(1, 1000)


def test_looking_costs_nothing() -> None:
    budget = Budget("x", 5)
    assert [budget.look("me", 1.0).takes for _ in range(100)] == [10] * 100
    assert len(budget) == 0


def test_callers_have_budgets_of_their_own() -> None:
    budget = Budget("x", 1, 1)
    assert [budget.take(who, 1.0).wait == 0 for who in "aabb"] == [True, False, True, False]


def test_a_hundred_thousand_callers_take_bounded_memory_and_the_greediest_stay_refused() -> None:
    budget = Budget("x", 10, 1)
    for _ in range(20):
        budget.take("greedy", 1.0)
    for n in range(100_000):
        budget.take(n, 1.0)
    assert len(budget) <= limits._MOST_CALLERS
    assert budget.take("greedy", 1.0).wait > 0
    budget.take("late", 100.0)
    for n in range(limits._MOST_CALLERS):
        budget.take(("later", n), 200.0)
    assert len(budget) <= limits._MOST_CALLERS


@pytest.fixture
def still(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A monotonic clock that stands still until the test turns it on."""
    at = [1000.0]
    monkeypatch.setattr(limits, "monotonic", lambda: at[0])
    return at


def _told(found: Limits, kind: str = "read", actor: Actor = ACTOR) -> tuple[dict[str, str], int]:
    verdict = found.admit(actor, kind)
    return {n.decode(): v.decode() for n, v in verdict.headers}, verdict.retry_after


def test_headers_tell_policies_and_what_is_left(still: list[float]) -> None:
    found = Limits(Settings(rate_read=1, rate_tenant=3))
    policy = '"read";q=2;w=2, "tenant";q=6;w=2'
    assert _told(found) == (
        {"ratelimit-policy": policy, "ratelimit": '"read";r=1;t=1, "tenant";r=5;t=1'},
        0,
    )
    assert _told(found)[0]["ratelimit"] == '"read";r=0;t=2, "tenant";r=4;t=1'
    refused, retry_after = _told(found)
    assert (refused["ratelimit"], retry_after) == ('"read";r=0;t=2, "tenant";r=4;t=1', 1)
    still[0] += retry_after
    assert _told(found)[1] == 0


def test_kinds_do_not_use_up_each_other(still: list[float]) -> None:
    found = Limits(Settings(rate_read=1, rate_write=1, rate_bulk=1, rate_tenant=0))
    for kind in ("read", "write", "bulk"):
        assert [_told(found, kind)[1] for _ in range(3)] == [0, 0, 1]


def test_one_tenant_shares_a_budget_and_leaves_others_theirs(still: list[float]) -> None:
    found = Limits(Settings(rate_read=0, rate_tenant=2))
    several = [Actor(TENANT, ids.new(), frozenset()) for _ in range(5)]
    assert [_told(found, actor=actor)[1] for actor in several] == [0, 0, 0, 0, 1]
    assert _told(found, actor=Actor(ids.new(), several[0].member_id, frozenset()))[1] == 0


def test_a_rate_of_zero_is_no_limit_and_tells_none(still: list[float]) -> None:
    found = Limits(Settings(rate_read=0, rate_write=1, rate_bulk=1, rate_tenant=0, rate_failures=0))
    for _ in range(1000):
        assert _told(found) == ({}, 0)
        found.note_failure("10.0.0.1")
    assert found.patience("10.0.0.1") == 0
    assert [budget.name for budget, _ in found.budgets(ACTOR)] == ["write", "bulk"]


def test_an_address_that_guesses_is_not_heard_until_it_has_been_quiet(still: list[float]) -> None:
    found = Limits(Settings(rate_failures=1))
    for _ in range(10):
        assert found.patience("10.0.0.1") == 0
        found.note_failure("10.0.0.1")
    patience = found.patience("10.0.0.1")
    assert patience == 1
    assert found.patience("10.0.0.2") == 0
    still[0] += patience
    assert found.patience("10.0.0.1") == 0
