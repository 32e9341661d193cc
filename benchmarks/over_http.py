"""REST, GraphQL, rollups and reports: CPU, rate and latency of each, beside what it is compared
with, round by round in turns, so that whatever else the machine does meets all of them."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from benchmarks import pgbench
from benchmarks.figures import Figure, figure
from benchmarks.goals import CLAIM, CONNECTIONS, GRAPHQL, GROWING, ON_PGBENCH, USUAL
from benchmarks.ground import Ground, Server
from benchmarks.plan import Plan
from benchmarks.requests import BARE, OURS, figures_of, plain_figures_of
from benchmarks.samples import Sample, Series, middle, middle_pair

Take = Callable[[int, float], Awaitable[Sample]]
Rounds = Mapping[str, list[Sample]]
"""What was taken in turns, of ours and of each that it is compared with."""

ALL = (*GROWING, CLAIM)


@dataclass(frozen=True, slots=True)
class Servers:
    """What runs side by side."""

    ours: Server
    bare: Server
    strawberry: Server


async def measure(
    ground: Ground, servers: Servers, plan: Plan
) -> tuple[list[Figure], dict[str, float]]:
    """Every operation that the plan wants, and the CPU-ms of each."""
    found: list[Figure] = []
    costs = {}
    if plan.wants(CLAIM):
        await ground.data.pool()
    for name in filter(plan.wants, ALL):
        samples = await _measure(name, ground, servers, plan)
        costs[name] = middle(samples[USUAL]["ours"]).cpu
        found += _figures(name, samples)
    return found, costs


def ours(name: str, ground: Ground, servers: Servers) -> Series:
    questions = OURS | figures_of(ground)
    return Series(ground, servers.ours, questions[name].load(ground, servers.ours.port))


def others(name: str, ground: Ground, servers: Servers) -> dict[str, Take]:
    """What the operation is compared with: `""` is what its goal is about."""
    server = servers.strawberry if name in GRAPHQL else servers.bare
    known = BARE | plain_figures_of(ground)
    alike = {"": name, ".blind": f"{name}.blind", ".locking": f"{name}.locking"}
    takes: dict[str, Take] = {
        suffix: Series(ground, server, known[other].load(ground, server.port)).take
        for suffix, other in alike.items()
        if other in known
    }
    if name in ON_PGBENCH:
        takes[".pgbench"] = lambda n, seconds: pgbench.run(ground, name, n, seconds)
    return takes


async def _measure(name: str, ground: Ground, servers: Servers, plan: Plan) -> dict[int, Rounds]:
    takes = {"ours": ours(name, ground, servers).take} | others(name, ground, servers)
    for take in takes.values():
        await take(USUAL, plan.warm_seconds)  # plans, caches, connections
    samples: dict[int, Rounds] = {}
    for n in CONNECTIONS:
        wanted = {key: take for key, take in takes.items() if n == USUAL or key in _AT_EVERY}
        samples[n] = await _in_turns(wanted, n, plan)
    return samples


_AT_EVERY = ("ours", "", ".pgbench")


async def _in_turns(takes: Mapping[str, Take], n: int, plan: Plan) -> Rounds:
    rounds, seconds = plan.at(n)
    taken: Rounds = {key: [] for key in takes}
    for _ in range(rounds):
        for key, take in takes.items():
            taken[key].append(await take(n, seconds))
    return taken


def _figures(name: str, samples: Mapping[int, Rounds]) -> list[Figure]:
    usual = samples[USUAL]
    mine = middle(usual["ours"])
    found = [figure(f"{name}.tail", mine.p99 / mine.p50)]
    if "" not in usual:
        found.append(figure(f"{name}.cpu", mine.cpu))
    for key in (key for key in usual if key != "ours"):
        found.append(figure(f"{name}{key}.cpu", *middle_pair(usual["ours"], usual[key])))
    for n, rounds in samples.items():
        at = {key: middle(taken) for key, taken in rounds.items()}
        for key in (key for key in ("", ".pgbench") if key in at or not key):
            found += _at(f"{name}{key}.c{n}", at["ours"], at.get(key))
    return found


def _at(prefix: str, mine: Sample, other: Sample | None) -> list[Figure]:
    return [
        figure(f"{prefix}.{what}", getattr(mine, what), getattr(other, what) if other else None)
        for what in ("rate", "p50", "p99")
    ]
