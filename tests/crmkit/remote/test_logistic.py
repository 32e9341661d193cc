"""The fit is where its equations say; how good it is, is counted by hand."""

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmkit.remote.backtest import auc, brier, ece
from crmkit.remote.logistic import fit, platt, sigmoid, solve


def test_a_fit_without_a_ridge_says_how_many_of_each_level_were_won() -> None:
    rows = [((0,), n < 30) for n in range(40)] + [((1,), n < 10) for n in range(40)]
    first, second, base = fit(rows, 2, ridge=1e-6)
    assert sigmoid(base + first) == pytest.approx(0.75, abs=1e-4)
    assert sigmoid(base + second) == pytest.approx(0.25, abs=1e-4)


def test_a_fit_is_where_the_penalised_likelihood_is_level() -> None:
    chance = random.Random(7)  # noqa: S311 - the same leads each time
    rows = [
        ((chance.randrange(3), 3 + chance.randrange(2)), chance.random() < 0.4) for _ in range(300)
    ]
    weights = fit(rows, 5, ridge=2)
    residuals = [0.0] * 6
    for row, outcome in rows:
        off = outcome - sigmoid(weights[5] + sum(weights[at] for at in row))
        for at in (*row, 5):
            residuals[at] += off
    for residual, weight in zip(residuals[:5], weights[:5], strict=True):
        assert residual == pytest.approx(2 * weight, abs=1e-6)
    assert residuals[5] == pytest.approx(0, abs=1e-6)


def test_a_level_that_is_always_won_stays_finite() -> None:
    rows = [((0,), True)] * 50 + [((1,), False)] * 50
    assert all(math.isfinite(weight) for weight in fit(rows, 2))


@pytest.mark.parametrize("rows", [[], [((0,), True)] * 9])
def test_without_both_outcomes_there_is_no_fit(rows: list[tuple[tuple[int, ...], bool]]) -> None:
    with pytest.raises(ArithmeticError, match="both outcomes"):
        fit(rows, 1)


def test_equations_are_solved_and_those_without_an_answer_refused() -> None:
    assert solve([[4.0], [2.0, 3.0]], [10.0, 8.0]) == pytest.approx([1.75, 1.5])
    with pytest.raises(ArithmeticError):
        solve([[1.0], [2.0, 1.0]], [1.0, 1.0])


def test_a_calibration_finds_by_how_much_scores_were_stretched() -> None:
    chance = random.Random(11)  # noqa: S311 - the same leads each time
    scores = [chance.uniform(-6, 6) for _ in range(4000)]
    outcomes = [chance.random() < sigmoid(z / 2 + 0.5) for z in scores]
    slope, shift = platt(scores, outcomes)
    assert slope == pytest.approx(0.5, abs=0.05)
    assert shift == pytest.approx(0.5, abs=0.1)


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=1, max_size=20))
@settings(max_examples=25, deadline=None)
def test_auc_is_how_often_a_won_one_ranks_higher(cases: list[tuple[int, bool]]) -> None:
    won, lost = ([s for s, outcome in cases if outcome is which] for which in (True, False))
    pairs = [(w > each) + (w == each) / 2 for w in won for each in lost]
    counted = sum(pairs) / len(pairs) if pairs else 0.5
    assert auc([s for s, _ in cases], [o for _, o in cases]) == pytest.approx(counted)


def test_errors_of_probabilities_are_those_of_a_calculation_by_hand() -> None:
    chances, outcomes = [0.2, 0.2, 0.8, 0.8], [False, True, True, True]
    assert brier(chances, outcomes) == pytest.approx((0.04 + 0.64 + 0.04 + 0.04) / 4)
    assert ece(chances, outcomes, bins=2) == pytest.approx((0.6 + 0.4) / 4)
    assert ece(chances, outcomes) == pytest.approx((0.2 + 0.8 + 0.2 + 0.2) / 4)
