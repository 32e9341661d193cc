"""What workers do with a million events: sequence, publish and fold them, rebuild from them."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from benchmarks import statements
from benchmarks.data import connected
from benchmarks.figures import Figure, figure
from benchmarks.ground import Ground
from benchmarks.plan import Plan
from benchmarks.tenant import TENANT
from crmkit.components.directory import TENANTS
from crmkit.db.asof import as_of
from crmkit.kernel import clock
from services.reporting.fact.statements import SHAPES
from services.reporting.rollup.statements import rebuild

_MILLION = 1_000_000
_PATIENCE = 180
_LOOK_EVERY = 0.02


@dataclass(frozen=True, slots=True)
class Drained:
    """So many events in so many seconds, and the CPU seconds of worker and PostgreSQL."""

    events: int
    seconds: float
    cpu: float


async def measure(ground: Ground, plan: Plan) -> list[Figure]:
    """Of leads, every event is another aggregate's; of opportunities, five in a row are of one."""
    if not plan.wants("relay", "fold", "rebuild"):
        return []
    async with connected(ground.postgres, "reporting") as reporting:
        made = await reporting.fetch(statements.SUMS, TENANT)
        await reporting.execute(statements.FORGET)
        relayed, folded = [], []
        for service in ("leads", "opportunities"):
            relayed.append(await _relay(ground, service))
            folded.append(await _fold(ground, service, reporting))
        _demand(made, await reporting.fetch(statements.SUMS, TENANT))
        seconds = await _rebuild(reporting)
        _demand(made, await reporting.fetch(statements.SUMS, TENANT))
    return _figures(relayed, folded, seconds / (2 * ground.data.events) * _MILLION)


def _figures(relayed: list[Drained], folded: list[Drained], rebuilt: float) -> list[Figure]:
    best = min(relayed, key=lambda each: each.seconds / each.events)
    distinct, fifth = folded
    a_million = _MILLION / sum(each.events for each in folded)
    return [
        figure("relay.rate", best.events / best.seconds),
        figure("relay.cpu", best.cpu / best.events * _MILLION),
        figure("fold.distinct.rate", distinct.events / distinct.cpu),
        figure("fold.fifth.rate", fifth.events / fifth.cpu),
        figure("rebuild.broker", sum(each.seconds for each in folded) * a_million),
        figure("rebuild.sql", rebuilt),
    ]


async def _relay(ground: Ground, service: str) -> Drained:
    """From the outbox through ledger and hash to the broker's acknowledgement."""
    async with connected(ground.postgres, service) as connection:
        await connection.execute("delete from outbox")
        await connection.execute(statements.TELL, TENANT, ground.data.events)
        await connection.execute("vacuum analyze outbox")

        async def moved() -> int:
            position: int = await connection.fetchval("select position from relay")
            return position

        async with ground.working(service) as pid:
            return await _drain(ground, pid, moved, ground.data.events)


async def _fold(ground: Ground, service: str, reporting: Any) -> Drained:
    """From the broker into facts, histories and figures, with the watermarks."""
    total = ground.data.events
    table = {"leads": "lead", "opportunities": "opportunity"}[service]
    counting = {"lead": statements.LEADS_FOLDED, "opportunity": statements.DEALS_FOLDED}[table]

    async def folded() -> int:
        if await has_heard(owner, reporting, service):
            return total
        if not seen:
            seen.append(await reporting.fetchval(counting))
        return seen[0] or seen.pop()

    seen: list[int] = []
    async with (
        connected(ground.postgres, service) as owner,
        ground.working("reporting") as pid,
    ):
        return await _drain(ground, pid, folded, total)


async def has_heard(owner: Any, listener: Any, producer: str) -> bool:
    """Whether one database has taken in all that the other has published."""
    heads = await owner.fetch(statements.HEADS)
    marks = await listener.fetch(statements.MARKS, producer)
    reached = {(each["topic"], each["partition"]): each["position"] for each in marks}
    behind = (reached.get((e["topic"], e["partition"]), 0) < e["position"] for e in heads)
    return bool(heads) and not any(behind)


async def _drain(
    ground: Ground, pid: int, done: Callable[[], Awaitable[int]], total: int
) -> Drained:
    """From when the first are done, so that starting up is not counted; or, of so few that all are
    done at the first look, from the start."""
    async with asyncio.timeout(_PATIENCE):
        started, before = time.perf_counter(), ground.cpu(pid)
        while not (first := await done()):  # noqa: ASYNC110 - what is waited for lies in databases
            await asyncio.sleep(_LOOK_EVERY)
        if first < total:
            started, before = time.perf_counter(), ground.cpu(pid)
        while (await done()) < total:  # noqa: ASYNC110 - the same
            await asyncio.sleep(_LOOK_EVERY)
    seconds, cpu = time.perf_counter() - started, ground.cpu(pid) - before
    return Drained(total - first % total, seconds, max(cpu, 0.01))


async def _rebuild(reporting: Any) -> float:
    """All figures from all states that facts ever had, by the statements reporting itself uses."""
    sql = as_of(rebuild(), (TENANTS, *(shape.past for shape in SHAPES)), 2)
    started = time.perf_counter()
    await reporting.execute(statements.CLEAR, TENANT)
    await reporting.execute(sql, TENANT, clock.now())
    return time.perf_counter() - started


def _demand(made: list[Any], folded: list[Any]) -> None:
    """What is measured must also be right."""
    if list(map(dict, made)) != list(map(dict, folded)):
        raise RuntimeError(f"folded {folded}, where {made} was made")
