"""Every figure there is, and what some of them must be."""

from dataclasses import dataclass

OPERATIONS = ("get", "list", "create", "stage")
GRAPHQL = ("graphql_get", "graphql_list", "graphql_mutation")
ROLLUPS = ("rollup", "weekly_report")
GROWING = (*OPERATIONS, *GRAPHQL, *ROLLUPS)
CLAIM = "claim"
"""领取 two hundred members of a pool claim one lead after the other."""

ON_PGBENCH = (*OPERATIONS, "rollup")
CONNECTIONS = (1, 16, 64)
SEARCHED_AT = (1, 4)
USUAL = 16
"""Connections of a figure that does not say how many."""

SIZES = (10_000, 100_000, 1_000_000)
"""Rows of leads, and of opportunities; everything but growth is measured at the second."""


@dataclass(frozen=True, slots=True)
class Goal:
    """A bound of the figure's value, or of its ratio to the baseline."""

    of: str
    sign: str
    bound: float

    def __str__(self) -> str:
        return f"{self.of} {self.sign} {self.bound:,g}"

    def holds(self, value: float, ratio: float | None) -> bool:
        judged = value if self.of == "value" else ratio
        if judged is None:
            return False
        return judged <= self.bound if self.sign == "<=" else judged >= self.bound


def _ratio(bound: float) -> Goal:
    return Goal("ratio", "<=", bound)


def _at_most(bound: float) -> Goal:
    return Goal("value", "<=", bound)


def _at_least(bound: float) -> Goal:
    return Goal("value", ">=", bound)


_CPU = {
    "get": _ratio(1.2),
    "list": _ratio(1.0),
    "create": _ratio(1.25),
    "stage": _ratio(1.25),
    "graphql_get": _ratio(0.6),
    "graphql_list": _ratio(0.35),
    "graphql_mutation": _ratio(0.7),
    "rollup": _at_most(2.0),
}
_FLAT = ("list", "graphql_list", "rollup")
_TAIL = _at_most(3.0)
_DRAINS: tuple[tuple[str, str, Goal | None], ...] = (
    ("relay.rate", "events/s", _at_least(25_000)),
    ("relay.cpu", "CPU-us/event", None),
    ("fold.distinct.rate", "events/CPU-s", _at_least(35_000)),
    ("fold.fifth.rate", "events/CPU-s", _at_least(60_000)),
    ("rebuild.broker", "s/1M events", _at_most(15)),
    ("rebuild.sql", "s/1M events", _at_most(4)),
    ("dispatch.rate", "deliveries/s", _at_least(300)),
    ("dispatch.cpu", "CPU-ms/delivery", None),
    ("latency.rollup.200.p50", "ms", None),
    ("latency.rollup.200.p99", "ms", _at_most(250)),
    ("latency.webhook.200.p50", "ms", None),
    ("latency.webhook.200.p99", "ms", _at_most(1000)),
    ("latency.rollup.1000.p50", "ms", None),
    ("latency.rollup.1000.p99", "ms", _at_most(500)),
)


def _of_requests(name: str) -> dict[str, tuple[str, Goal | None]]:
    """Beside the server it is compared with, and beside pgbench."""
    known: dict[str, tuple[str, Goal | None]] = {f"{name}.cpu": ("CPU-ms/op", _CPU.get(name))}
    others = ("", ".pgbench") if name in ON_PGBENCH else ("",)
    for other in others:
        if other:
            known[f"{name}{other}.cpu"] = ("CPU-ms/op", None)
        for n in CONNECTIONS:
            known |= {
                f"{name}{other}.c{n}.rate": ("req/s", None),
                f"{name}{other}.c{n}.p50": ("ms", None),
                f"{name}{other}.c{n}.p99": ("ms", None),
            }
    known[f"{name}.tail"] = ("p99/p50", _TAIL)
    return known


def _named() -> dict[str, tuple[str, Goal | None]]:
    known: dict[str, tuple[str, Goal | None]] = {}
    for name in (*GROWING, CLAIM):
        known |= _of_requests(name)
    known[f"{CLAIM}.c64.p99"] = ("ms", _at_most(50))
    known["stage.blind.cpu"] = known["stage.locking.cpu"] = ("CPU-ms/op", None)
    known |= {name: (unit, goal) for name, unit, goal in _DRAINS}
    known["search.cpu"] = ("CPU-ms/op", None)
    for n in SEARCHED_AT:
        known |= {f"search.c{n}.rate": ("req/s", None), f"search.c{n}.p50": ("ms", None)}
        known[f"search.c{n}.p99"] = ("ms", _at_most(100))
    for name in GROWING:
        for size in ("100k", "1M"):
            known[f"{name}.growth.{size}"] = ("CPU-ms/op", _ratio(1.3) if name in _FLAT else None)
    return known


FIGURES = _named()
"""Unit and goal of each, in the order in which they are shown."""
