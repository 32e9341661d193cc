"""PostgreSQL crashes before the disk has what nobody waits for: a claim of deliveries, and the
relay's note of what was acknowledged. It recovers from its log, and has forgotten them."""

import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import asyncpg
import psutil

from crmkit.testing.house import until
from tests.e2e.forge import Program
from tests.faults.stack import Stack, Stage

BETWEEN = 3
TRIES = 5
"""Whoever else wrote in between has had the disk wait for both."""

STANDS_STILL_WITHIN = 40
POSITION = "select array[position::text] from relay"
CLAIMS = """
select array_agg(lease_token::text order by id) from webhook_delivery where lease_token is not null
"""
AT = {
    "leads": ("relay.after_mark", POSITION),
    "webhooks": ("dispatcher.after_claim", CLAIMS),
}
"""The service, the step of its worker that nobody waits for the disk after, and what it wrote."""


async def forget_notes(stage: Stage) -> None:
    """What was forgotten is sent or tried again, under the same places; nothing else is lost."""
    async with slow_writer(stage.stack):
        for _ in stage.rounds():
            for service in AT:
                await _forget(stage, service)
                await stage.load.acknowledge(BETWEEN)


@asynccontextmanager
async def slow_writer(stack: Stack) -> AsyncIterator[None]:
    """What nobody waits for reaches the disk after seconds, in place of 0.2 of them."""
    await as_administrator(stack, "alter system set wal_writer_delay = '10s'")
    try:
        yield
    finally:
        await as_administrator(stack, "alter system reset wal_writer_delay")


async def as_administrator(stack: Stack, sql: str) -> None:
    """One statement, and settings are read again."""
    connection = await asyncpg.connect(stack.postgres.admin_url())
    try:
        await connection.execute(sql)
        await connection.execute("select pg_reload_conf()")
    finally:
        await connection.close()


@contextmanager
def standing_still(programs: list[Program]) -> Iterator[None]:
    """Nobody else writes, for who does has the disk wait for all that came before."""
    for program in programs:
        program.signal(signal.SIGSTOP)
    try:
        yield
    finally:
        for program in programs:
            program.signal(signal.SIGCONT)


async def _forget(stage: Stage, service: str) -> None:
    for _ in range(TRIES):
        if await _crash(stage, service):
            stage.did(f"PostgreSQL forgot a {AT[service][0].partition('.after_')[-1]}")
            return
    raise AssertionError(f"PostgreSQL forgot nothing of {service} in {TRIES} crashes")


async def _crash(stage: Stage, service: str) -> bool:
    """Whether what the worker wrote last is gone; False also where it came to write nothing."""
    stack, (step, kept) = stage.stack, AT[service]
    worker = stack.workers[service]
    others = [each for each in stack.programs if each is not worker]
    worker.signal(signal.SIGSTOP)
    await stage.load.acknowledge(BETWEEN, "leads")  # which is still to be published
    if service != "leads":
        await _publishes(stage)  # which is still to be told
    try:
        with standing_still(others):
            stack.arm(worker, f"{step}:freeze")
            worker.signal(signal.SIGCONT)
            await until(lambda: _stands_still(worker), STANDS_STILL_WITHIN)
            before = await _read(stack, service, kept)
            await stack.kill_postgres()
            after = await _read(stack, service, kept)
    except TimeoutError:
        return False  # it had lost its session or its group, and had to come back first
    finally:
        stack.arm(worker, "")
        worker.signal(signal.SIGCONT)
    return bool(set(before) - set(after))


async def _publishes(stage: Stage) -> None:
    (before,) = await _read(stage.stack, "leads", POSITION)

    async def moved() -> bool:
        return [before] != await _read(stage.stack, "leads", POSITION)

    await until(moved, STANDS_STILL_WITHIN)


async def _read(stack: Stack, service: str, sql: str) -> list[str]:
    async with stack.database(service) as connection:
        return await connection.fetchval(sql) or []


async def _stands_still(program: Program) -> bool:
    return psutil.Process(program.pid).status() == psutil.STATUS_STOPPED
