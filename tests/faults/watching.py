"""Those who compare what is kept all the time: `crm monitor`, and the monitor in a worker. Killed,
ended and frozen in the middle of a look, they look again, and find nothing that is not there."""

import re
import signal

import httpx

from crmkit.kernel import clock
from crmkit.testing.house import until
from tests.e2e.forge import Program
from tests.faults.stack import Stack, Stage

BETWEEN = 3
LOOKS_WITHIN = 90
LOOKED = re.compile(r"^crm_consistency_last_run_timestamp_seconds\{(.*?)\} (\S+)$", re.MULTILINE)
FOUND = re.compile(r"^crm_consistency_differences_total\{.*?\} (\S+)$", re.MULTILINE)
WATCHERS = {"monitor": "copies", "leads.worker": "ledger"}
"""The process, and a kind of look that is its own."""

LOOKING = """
select count(*) from pg_stat_activity
where application_name like '%.monitor.system' and xact_start is not null
"""


async def disturb_watchers(stage: Stage) -> None:
    for _ in stage.rounds():
        for program in watchers(stage.stack):
            for number, name in ((signal.SIGKILL, "kill -9"), (signal.SIGTERM, "SIGTERM")):
                await stage.load.acknowledge(BETWEEN)
                program.signal(number)
                await program.wait()
                await program.start()
                stage.did(f"{name} of a monitor")
                await _looks_again(stage, program)
        await _freeze(stage)


def watchers(stack: Stack) -> list[Program]:
    return [program for program in stack.programs if program.name in WATCHERS]


async def _freeze(stage: Stage) -> None:
    """In the middle of a look, until PostgreSQL has ended the sessions it looked by."""
    monitor = stage.stack.monitor

    async def caught() -> bool:
        monitor.signal(signal.SIGSTOP)
        if await _looks(stage):
            return True
        monitor.signal(signal.SIGCONT)
        return False

    async def ended() -> bool:
        return not await _looks(stage)

    try:
        await until(caught, LOOKS_WITHIN)
        await until(ended, 60)
    finally:
        monitor.signal(signal.SIGCONT)
    stage.did("SIGSTOP of a monitor")
    await _looks_again(stage, monitor)


async def _looks(stage: Stage) -> bool:
    async with stage.stack.database("leads") as connection:
        return bool(await connection.fetchval(LOOKING))


async def _looks_again(stage: Stage, program: Program) -> None:
    since = clock.now().timestamp()

    async def looked() -> bool:
        return await last_look(stage.stack, program) > since

    await stage.load.acknowledge(BETWEEN)
    await until(looked, LOOKS_WITHIN)


async def last_look(stack: Stack, program: Program) -> float:
    """When it last looked at what is its own; 0 before it did."""
    kind = f'kind="{WATCHERS[program.name]}"'
    times = [
        float(at) for labels, at in LOOKED.findall(await _told(stack, program)) if kind in labels
    ]
    return max(times, default=0)


async def differences(stack: Stack, program: Program) -> float:
    """How many it has found since it was started."""
    return sum(map(float, FOUND.findall(await _told(stack, program))))


async def _told(stack: Stack, program: Program) -> str:
    async with httpx.AsyncClient() as client:
        try:
            port = stack.metrics_ports[program.name]
            return (await client.get(f"http://127.0.0.1:{port}/metrics")).text
        except httpx.TransportError:
            return ""  # it has only just been started
