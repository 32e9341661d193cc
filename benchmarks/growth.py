"""The growth curve: what an operation costs when there are ten and a hundred times as many rows."""

from statistics import median

from benchmarks.figures import Figure, figure
from benchmarks.goals import GROWING, USUAL
from benchmarks.ground import Ground
from benchmarks.over_http import Servers, ours
from benchmarks.plan import Plan

_NAMES = ("", "100k", "1M")
Costs = dict[str, float]


async def costs(ground: Ground, servers: Servers, plan: Plan) -> Costs:
    """CPU-ms of each operation at the size there is."""
    found = {}
    for name in GROWING if plan.wants("growth") else ():
        series = ours(name, ground, servers)
        await series.take(USUAL, plan.warm_seconds)
        rounds, seconds = plan.at(USUAL)
        taken = [(await series.take(USUAL, seconds)).cpu for _ in range(rounds)]
        found[name] = median(taken)
    return found


def figures(by_size: list[Costs]) -> list[Figure]:
    """Each size beside the smallest, of what was measured at each."""
    return [
        figure(f"{name}.growth.{label}", cost, by_size[0][name])
        for label, costs in list(zip(_NAMES, by_size, strict=True))[1:]
        for name, cost in costs.items()
        if name in by_size[0]
    ]
