"""How much is measured, and how long."""

from dataclasses import dataclass

from benchmarks.goals import SIZES


@dataclass(frozen=True, slots=True)
class Plan:
    """`only`: the first words of the figures that are wanted; empty for all."""

    sizes: tuple[int, ...] = SIZES
    seconds: float = 1.2
    rounds: int = 2
    deliveries: int = 3_000
    latency_seconds: float = 12
    only: frozenset[str] = frozenset()

    def wants(self, *names: str) -> bool:
        return not self.only or not self.only.isdisjoint(names)


SHORT = Plan(
    sizes=(200, 400, 600),
    seconds=0.15,
    rounds=1,
    deliveries=100,
    latency_seconds=1,
)
"""Says whether the kit works; its figures mean nothing."""
