"""Every process, PostgreSQL and the broker: killed, and frozen for a while."""

import asyncio
import signal

from crmkit.testing.house import until
from tests.faults.poison import send_again
from tests.faults.stack import Stage, signal_tree

BETWEEN = 2
"""Writes acknowledged between two faults, so that each of them meets a house at work."""

FROZEN_WRITES, FROZEN_SECONDS = 3, 0.25
BROKER_SECONDS = 6
"""How long the broker stands still at least: longer than who sends to it waits for an answer."""

BACKLOG = 20
UNPUBLISHED = """
select (select count(*) from outbox)
  + (select count(*) from ledger where position > (select position from relay))
"""


async def kill_each(stage: Stage) -> None:
    """kill -9 of every API and worker process; the next one goes while the last still starts."""
    for _ in stage.rounds():
        programs = stage.stack.programs
        stage.chance.shuffle(programs)
        for program in programs:
            await stage.load.acknowledge(BETWEEN)
            program.signal(signal.SIGKILL)
            stage.did("kill -9 of a process")
            await program.wait()
            await program.start()
        await asyncio.gather(*(stage.stack.revive(program) for program in programs))


async def freeze_each(stage: Stage) -> None:
    """SIGSTOP of every API and worker process, SIGCONT when others have gone on meanwhile."""
    for _ in stage.rounds():
        programs = stage.stack.programs
        stage.chance.shuffle(programs)
        for program in programs:
            program.signal(signal.SIGSTOP)
            await stage.load.acknowledge(FROZEN_WRITES, lasting=FROZEN_SECONDS)
            program.signal(signal.SIGCONT)
            stage.did("SIGSTOP of a process")


async def kill_postgres(stage: Stage) -> None:
    """kill -9 of the postmaster; it recovers from its log."""
    for _ in stage.rounds():
        await stage.load.acknowledge(BETWEEN)
        stage.did("kill -9 of PostgreSQL")
        await stage.stack.kill_postgres()


async def freeze_postgres(stage: Stage) -> None:
    """SIGSTOP of every process of PostgreSQL, until requests have been given up."""
    for _ in stage.rounds():
        await stage.load.acknowledge(BETWEEN)
        signal_tree(stage.stack.postgres, signal.SIGSTOP)
        try:
            await stage.load.gives_up()
        finally:
            signal_tree(stage.stack.postgres, signal.SIGCONT)
        stage.did("SIGSTOP of PostgreSQL")


async def lose_broker(stage: Stage) -> None:
    """kill -9 of the broker, which is at the same address afterwards, and empty; what nobody keeps
    is sent to it again."""
    for _ in stage.rounds():
        await stage.load.acknowledge(BETWEEN)
        stage.did("broker restarted empty")
        await stage.stack.broker.lose_log()
        await send_again(stage)


async def freeze_broker(stage: Stage) -> None:
    """SIGSTOP of the broker; commands go on."""
    for _ in stage.rounds():
        stage.stack.broker.freeze()
        try:
            await stage.load.acknowledge(BETWEEN, lasting=BROKER_SECONDS)
            await until(lambda: _waits(stage), 60)
        finally:
            stage.stack.broker.thaw()
        stage.did("SIGSTOP of the broker")


async def _waits(stage: Stage) -> bool:
    """Whether so many of the leads' events are still to be published."""
    async with stage.stack.database("leads") as connection:
        return bool(await connection.fetchval(UNPUBLISHED) >= BACKLOG)


async def kill_all(stage: Stage) -> None:
    """Everything at once, as where a machine loses its power."""
    for _ in stage.rounds():
        await stage.load.acknowledge(BETWEEN)
        for program in stage.stack.programs:
            program.signal(signal.SIGKILL)
        stage.did("kill -9 of everything")
        await asyncio.gather(stage.stack.kill_postgres(), stage.stack.broker.lose_log())
        for program in stage.stack.programs:
            await program.wait()
        await asyncio.gather(*(stage.stack.revive(each) for each in stage.stack.programs))
