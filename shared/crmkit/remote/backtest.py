"""How good probabilities were, measured on what came after the leads they were made from."""

from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter

BINS = 10


def auc(scores: Sequence[float], outcomes: Sequence[bool]) -> float:
    """How often a won one ranks above a lost one, ties counting half (Hanley and McNeil 1982): the
    Mann-Whitney statistic, by mean ranks. 0.5 where there is none of one outcome."""
    won = sum(outcomes)
    lost = len(outcomes) - won
    if not won or not lost:
        return 0.5
    ranked = sorted(zip(scores, outcomes, strict=True), key=itemgetter(0))
    below, ranks = 0, 0.0
    for _, alike in groupby(ranked, key=itemgetter(0)):
        outcomes_there = [outcome for _, outcome in alike]
        ranks += sum(outcomes_there) * (below + (len(outcomes_there) + 1) / 2)
        below += len(outcomes_there)
    return (ranks - won * (won + 1) / 2) / (won * lost)


def brier(chances: Sequence[float], outcomes: Sequence[bool]) -> float:
    """Mean squared error of probabilities (Brier 1950): 0 is perfect, p (1 - p) a base rate's."""
    return sum((p - y) ** 2 for p, y in zip(chances, outcomes, strict=True)) / len(outcomes)


def ece(chances: Sequence[float], outcomes: Sequence[bool], bins: int = BINS) -> float:
    """Expected calibration error in bins of equal count (Naeini, Cooper and Hauskrecht 2015): by
    how much what was said and what came differ, weighted by how many were in the bin."""
    ranked = sorted(zip(chances, outcomes, strict=True), key=itemgetter(0))
    count, error = len(ranked), 0.0
    for n in range(bins):
        there = ranked[n * count // bins : (n + 1) * count // bins]
        error += abs(sum(p for p, _ in there) - sum(y for _, y in there))
    return error / count
