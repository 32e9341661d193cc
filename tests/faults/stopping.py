"""SIGTERM of every process at once, in each state that PostgreSQL and the broker may be in."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from tests.e2e.fleet import Fleet
from tests.e2e.forge import Program
from tests.faults.stack import Stage, signal_tree

BUDGET = 20
"""Seconds that whoever stops the house gives each process."""

BETWEEN = 2
State = Callable[[Fleet], Any]


@asynccontextmanager
async def healthy(fleet: Fleet) -> AsyncIterator[None]:
    yield


@asynccontextmanager
async def postgres_frozen(fleet: Fleet) -> AsyncIterator[None]:
    signal_tree(fleet.postgres, signal.SIGSTOP)
    try:
        yield
    finally:
        signal_tree(fleet.postgres, signal.SIGCONT)


@asynccontextmanager
async def postgres_dead(fleet: Fleet) -> AsyncIterator[None]:
    signal_tree(fleet.postgres, signal.SIGKILL)
    await fleet.postgres.wait()
    try:
        yield
    finally:
        await fleet.postgres.start()


@asynccontextmanager
async def broker_frozen(fleet: Fleet) -> AsyncIterator[None]:
    fleet.broker.freeze()
    try:
        yield
    finally:
        fleet.broker.thaw()


@asynccontextmanager
async def broker_dead(fleet: Fleet) -> AsyncIterator[None]:
    await fleet.broker.stop()
    try:
        yield
    finally:
        await fleet.broker.start()


STATES: tuple[State, ...] = (healthy, postgres_frozen, broker_frozen, postgres_dead, broker_dead)


async def stop_each(stage: Stage) -> None:
    """Each is gone in time and as it should be, and starts again when all is well."""
    stack = stage.stack
    for _ in stage.rounds():
        for state in STATES:
            await stage.load.acknowledge(BETWEEN)
            async with state(stack):
                await asyncio.gather(*(terminated(program) for program in stack.programs))
            stage.did(f"SIGTERM of all, {state.__name__.replace('_', ' ')}", len(stack.programs))
            await asyncio.gather(*(stack.revive(program) for program in stack.programs))


async def terminated(program: Program) -> None:
    """TimeoutError where it takes longer than was promised."""
    program.signal(signal.SIGTERM)
    async with asyncio.timeout(BUDGET):
        status = await program.wait()
    wanted = -signal.SIGTERM if program.name.endswith(".api") else 0
    assert status == wanted, f"{program.name}: {status} {program.tail()}"
