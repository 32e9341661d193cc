"""How much is measured, and how long."""

from dataclasses import dataclass

from benchmarks.goals import SIZES, USUAL


@dataclass(frozen=True, slots=True)
class Plan:
    """`only`: the first words of the figures that are wanted; empty for all.

    `rounds` of `round_seconds` are those of figures with a goal, at the usual connections; the
    others have one of `seconds`.
    """

    sizes: tuple[int, ...] = SIZES
    seconds: float = 1.2
    warm_seconds: float = 0.6
    rounds: int = 5
    round_seconds: float = 0.5
    deliveries: int = 3_000
    latency_seconds: float = 12
    only: frozenset[str] = frozenset()

    def wants(self, *names: str) -> bool:
        return not self.only or not self.only.isdisjoint(names)

    def at(self, connections: int) -> tuple[int, float]:
        """Rounds, and the seconds of each."""
        return (self.rounds, self.round_seconds) if connections == USUAL else (1, self.seconds)


SHORT = Plan(
    sizes=(200, 400, 600),
    seconds=0.15,
    warm_seconds=0.1,
    rounds=1,
    round_seconds=0.15,
    deliveries=100,
    latency_seconds=1,
)
"""Says whether the kit works; its figures mean nothing."""
