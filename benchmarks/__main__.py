"""`python -m benchmarks`: measure, print a table, write `results/latest.json`."""

import argparse
import os
import shutil
import signal
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import uvloop
from rich.console import Console

from benchmarks import draining, growth, over_http, searching, telling
from benchmarks.figures import Figure, shown, written
from benchmarks.ground import Ground
from benchmarks.over_http import Servers
from benchmarks.plan import SHORT, Plan

_HERE = Path(__file__).parent
console = Console(width=120)


async def run(plan: Plan, folder: Path, found: list[Figure]) -> None:
    """Every figure that the plan wants, one after the other."""
    async with Ground(folder) as ground, AsyncExitStack() as stack:
        servers = await _serve(ground, stack)
        by_size: list[growth.Costs] = []
        sizes = plan.sizes if plan.wants("growth", "search") else plan.sizes[1:2]
        for n, rows in enumerate(plan.sizes):
            if rows not in sizes:
                continue
            _say(f"{rows:,} rows")
            await ground.grow(rows, last=n == 2)
            if n != 1:
                by_size.append(await growth.costs(ground, servers, plan))
                continue
            compared, costs = await over_http.measure(ground, servers, plan)
            by_size.append(await growth.costs(ground, servers, plan) if plan.only else costs)
            found += compared
            found += await draining.measure(ground, plan)
            found += await telling.dispatch(ground, plan)
            found += await telling.latency(ground, plan)
        found += await searching.measure(ground, servers.ours, plan)
        if len(by_size) == len(plan.sizes) and plan.wants("growth"):
            found += growth.figures(by_size)


async def _serve(ground: Ground, stack: AsyncExitStack) -> Servers:
    ours = ground.serving("leads", "opportunities", "reporting")
    return Servers(
        await stack.enter_async_context(ours),
        await stack.enter_async_context(ground.baseline("bare")),
        await stack.enter_async_context(ground.baseline("plain_strawberry")),
    )


def _say(what: str) -> None:
    console.print(f"[dim]{what}[/dim]")


def main() -> None:
    """Exit status 0 whether goals are met or not: figures are read, they are no gate."""
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("--only", default="", help="first words of figures, such as get,relay")
    parser.add_argument("--rows", type=int, help="in place of 100,000")
    parser.add_argument("--short", action="store_true", help="small: whether the kit works")
    parser.add_argument("--out", type=Path, default=_HERE / "results" / "latest.json")
    given = parser.parse_args()
    plan = SHORT if given.short else Plan()
    if given.only:
        plan = replace(plan, only=frozenset(given.only.split(",")))
    if given.rows:
        plan = replace(plan, sizes=(given.rows // 10, given.rows, given.rows * 10))
    folder = _HERE / ".data" / str(os.getpid())
    found: list[Figure] = []
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # no server outlives a time limit
    try:
        uvloop.run(run(plan, folder, found))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        shown(found, console)
    written(found, given.out, plan.sizes)


if __name__ == "__main__":
    main()
