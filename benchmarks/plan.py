"""How much is measured, and how long."""

from dataclasses import dataclass

from benchmarks.goals import SIZES


@dataclass(frozen=True, slots=True)
class Plan:
    """`only`: the first words of the figures that are wanted; empty for all.

    `rounds` are those of figures with a goal, at the usual connections; the others have one.
    """

    sizes: tuple[int, ...] = SIZES
    seconds: float = 1.2
    warm_seconds: float = 0.6
    rounds: int = 2
    deliveries: int = 3_000
    latency_seconds: float = 12
    only: frozenset[str] = frozenset()

    def wants(self, *names: str) -> bool:
        return not self.only or not self.only.isdisjoint(names)


SHORT = Plan(
    sizes=(200, 400, 600),
    seconds=0.15,
    warm_seconds=0.1,
    rounds=1,
    deliveries=100,
    latency_seconds=1,
)
"""Says whether the kit works; its figures mean nothing."""
