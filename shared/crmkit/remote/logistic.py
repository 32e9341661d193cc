"""Logistic regression of rows whose columns are levels, in plain Python.

Newton's method on the penalised likelihood, that is iteratively reweighted least squares (McCullagh
and Nelder 1989, 4.4) with a ridge (le Cessie and van Houwelingen 1992). A row is the numbers of the
levels it has, one of each column, so it costs the square of its columns and not of all levels.
"""

import math
from collections import Counter
from collections.abc import Iterable, Sequence

Row = tuple[int, ...]
RIDGE = 2.0
_MOST_STEPS, _STEEPEST = 50, 35.0
_STILL = 1e-6
_Matrix = list[list[float]]


def sigmoid(z: float) -> float:
    """1 / (1 + exp(-z)), within what a float can tell from 0 and 1."""
    return 1 / (1 + math.exp(-max(min(z, _STEEPEST), -_STEEPEST)))


def fit(rows: Iterable[tuple[Row, bool]], size: int, *, ridge: float = RIDGE) -> list[float]:
    """Weights of `size` levels and, last, the intercept, which has no ridge; ArithmeticError where
    there is none of one outcome, or no end in fifty steps."""
    counted = Counter(rows)
    if len({outcome for _, outcome in counted}) < 2:  # noqa: PLR2004 - won and lost
        raise ArithmeticError("there have to be leads of both outcomes")
    cases = [((*row, size), outcome, n) for (row, outcome), n in counted.items()]
    weights = [0.0] * (size + 1)
    for _ in range(_MOST_STEPS):
        gradient, hessian = _slopes(cases, weights, ridge)
        step = solve(hessian, gradient)
        weights = [weight + by for weight, by in zip(weights, step, strict=True)]
        if max(map(abs, step)) < _STILL:
            return weights
    raise ArithmeticError("the fit does not settle")


def _slopes(
    cases: Sequence[tuple[Row, bool, int]], weights: Sequence[float], ridge: float
) -> tuple[list[float], _Matrix]:
    """Gradient and negative Hessian of the penalised log-likelihood."""
    size = len(weights)
    gradient = [-ridge * weight for weight in weights[:-1]] + [0.0]
    hessian = [[0.0] * size for _ in range(size)]
    for at in range(size - 1):
        hessian[at][at] = ridge
    for row, outcome, n in cases:
        p = sigmoid(sum([weights[at] for at in row]))
        residual, curve = n * (outcome - p), n * p * (1 - p)
        for place, at in enumerate(row):
            gradient[at] += residual
            line = hessian[at]
            for other in row[: place + 1]:
                line[other] += curve
    return gradient, hessian


def solve(matrix: _Matrix, right: Sequence[float]) -> list[float]:
    """x of A x = b for a symmetric positive definite A, of which the lower half is read, by
    Cholesky's decomposition; ArithmeticError where it is none."""
    lower: _Matrix = []
    for n, line in enumerate(matrix):
        made: list[float] = []
        for m in range(n + 1):
            above = made if m == n else lower[m]
            left = line[m] - sum([x * y for x, y in zip(made, above[:m], strict=True)])
            if m < n:
                made.append(left / above[m])
            elif left > 0:
                made.append(math.sqrt(left))
            else:
                raise ArithmeticError("the matrix is not positive definite")
        lower.append(made)
    return _backward(lower, _forward(lower, right))


def _forward(lower: _Matrix, right: Sequence[float]) -> list[float]:
    found: list[float] = []
    for line, value in zip(lower, right, strict=True):
        known = sum([x * y for x, y in zip(line[:-1], found, strict=True)])
        found.append((value - known) / line[-1])
    return found


def _backward(lower: _Matrix, right: Sequence[float]) -> list[float]:
    found = list(right)
    for n in reversed(range(len(lower))):
        found[n] /= lower[n][n]
        for m in range(n):
            found[m] -= lower[n][m] * found[n]
    return found


def platt(scores: Sequence[float], outcomes: Sequence[bool]) -> tuple[float, float]:
    """Slope and shift of the scaling that makes scores probabilities (Platt 1999), by Newton's
    method (Lin, Lin and Weng 2007), with their targets of (n + 1) / (n + 2) and 1 / (n + 2)."""
    won = sum(outcomes)
    high, low = (won + 1) / (won + 2), 1 / (len(outcomes) - won + 2)
    slope, shift = 1.0, 0.0
    for _ in range(_MOST_STEPS):
        gradient, hessian = [0.0, 0.0], [[_STILL, 0.0], [0.0, _STILL]]
        for z, outcome in zip(scores, outcomes, strict=True):
            p = sigmoid(slope * z + shift)
            residual, curve = (high if outcome else low) - p, p * (1 - p)
            gradient[0] += residual * z
            gradient[1] += residual
            hessian[0][0] += curve * z * z
            hessian[1][0] += curve * z
            hessian[1][1] += curve
        step = solve(hessian, gradient)
        slope, shift = slope + step[0], shift + step[1]
        if max(map(abs, step)) < _STILL:
            return slope, shift
    raise ArithmeticError("the calibration does not settle")
