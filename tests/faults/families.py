"""All families of faults, and one run of one of them: load, faults, quiet, ORACLE."""

import asyncio
import math
import random
import time
import traceback
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

from tests.faults.clocks import jump_clocks
from tests.faults.disk import fill_disk
from tests.faults.forgetting import forget_notes
from tests.faults.network import delay_bytes, lose_commit_replies, reset_connections, swallow_bytes
from tests.faults.oracle import judge
from tests.faults.partners import bad_partners
from tests.faults.points import end_at_each
from tests.faults.poison import poison
from tests.faults.processes import (
    freeze_broker,
    freeze_each,
    freeze_postgres,
    kill_all,
    kill_each,
    kill_postgres,
    lose_broker,
)
from tests.faults.report import Report
from tests.faults.stack import Skipped, Stack, Stage, staged
from tests.faults.stopping import stop_each
from tests.faults.watching import disturb_watchers
from tests.faults.zombies import freeze_and_wake

Fault = Callable[..., Awaitable[None]]
FAMILIES: Mapping[str, Sequence[Fault]] = {
    "processes": (kill_each, freeze_each),
    "dependencies": (kill_postgres, freeze_postgres, lose_broker, freeze_broker, kill_all),
    "network": (reset_connections, delay_bytes, swallow_bytes, lose_commit_replies),
    "stops": (stop_each,),
    "points": (end_at_each,),
    "zombies": (freeze_and_wake,),
    "events": (poison, bad_partners),
    "clocks": (jump_clocks,),
    "disk": (fill_disk,),
    "crashes": (forget_notes,),
    "watchers": (disturb_watchers,),
}

SIDE_BY_SIDE = (freeze_and_wake, fill_disk, bad_partners)
"""Each waits most of the time until others have given up, or have begun to be in its way."""

SHORT: Sequence[Sequence[Fault]] = (
    (jump_clocks,),
    SIDE_BY_SIDE,
    (end_at_each,),
    *([fault] for fault in FAMILIES["network"]),
    (poison,),
    (forget_notes,),
    (disturb_watchers,),
    *([fault] for fault in (*FAMILIES["processes"], *FAMILIES["dependencies"])),
)
"""Each of them once, under one load. First what needs consumers that are well, for those that were
killed are missed by their groups for a while."""

LONG_ONLY = (stop_each,)
"""The short form of it is `test_shutdown.py`, with two processes."""

SOAKED: Sequence[Fault] = (
    kill_postgres,
    lose_broker,
    reset_connections,
    lose_commit_replies,
    poison,
    kill_each,
)
HERE = Path(__file__).parent
ROUND_WITHIN = 180.0
"""Seconds; a round of a fault that takes longer hangs. The slowest take 40 on two cores."""


async def run(
    family: str,
    stack: Stack,
    *,
    rate: float,
    seed: int,
    times: int = 1,
    tenants: int = 5,
    within: float = math.inf,
) -> Report:
    """What came of it; after `within` seconds no further round is begun. Whatever breaks, there is
    a report that says so."""
    try:
        await stack.mend()
        async with staged(stack, rate=rate, seed=seed, times=times, tenants=tenants) as stage:
            hung = await _go_through(stage, FAMILIES[family], time.monotonic() + within)
            return await judged(family, stage, hung)
    except Exception as error:
        return Report(family, wrong=[f"broke off: {error!r}"])


async def run_short(stage: Stage) -> list[str]:
    """What of SHORT did not come to its end."""
    hung: list[str] = []
    for faults in SHORT:
        for each in await asyncio.gather(*(attempt(stage, fault) for fault in faults)):
            hung += each
    return hung


async def soak(stack: Stack, *, rate: float, seed: int, minutes: float, tenants: int = 5) -> Report:
    """Load for so long, with one fault of any kind about every half a minute."""
    chance = random.Random(seed)  # noqa: S311 - a schedule, no secret
    ends, hung = time.monotonic() + 60 * minutes, list[str]()
    try:
        await stack.mend()
        async with staged(stack, rate=rate, seed=seed, tenants=tenants) as stage:
            while time.monotonic() < ends:
                hung += await attempt(stage, _acknowledge(lasting=chance.uniform(10, 30)))
                hung += await attempt(stage, chance.choice(SOAKED))
            return await judged("soak", stage, hung)
    except Exception as error:
        return Report("soak", wrong=[*hung, f"broke off: {error!r}"])


def _acknowledge(lasting: float) -> Fault:
    """By the clock: how many writes come in so many seconds, the machine says."""

    async def load(stage: Stage) -> None:
        await stage.load.acknowledge(1, lasting=lasting, within=ROUND_WITHIN)

    return load


async def _go_through(stage: Stage, faults: Sequence[Fault], ends: float) -> list[str]:
    """One after the other, each with its share of the time; what did not come to its end."""
    hung: list[str] = []
    for left, fault in zip(range(len(faults), 0, -1), faults, strict=True):
        now = time.monotonic()
        stage.ends = now + (ends - now) / left
        hung += await attempt(stage, fault)
    return hung


async def attempt(stage: Stage, fault: Fault) -> list[str]:
    """What kept it from its end, if anything did; all is put right then, and the next may come."""
    started = time.monotonic()
    within = min(max(0, stage.ends - started), stage.times * ROUND_WITHIN) + ROUND_WITHIN
    wrong: list[str] = []
    try:
        async with asyncio.timeout(within) as bound:
            await fault(stage)
    except Skipped as reason:
        stage.skipped = str(reason)
    except TimeoutError as error:
        what = "did not come to its end" if bound.expired() else f"waited in vain, {place(error)}"
        wrong = [f"{fault.__name__} {what}"]
    except Exception as error:
        wrong = [f"{fault.__name__} broke off: {error!r}"]
    if wrong:
        try:
            await stage.stack.mend()
        except Exception as error:
            wrong.append(f"not mended: {error!r}")
    took = stage.seconds.get(fault.__name__, 0) + time.monotonic() - started
    stage.seconds[fault.__name__] = round(took, 1)
    return wrong


def place(error: BaseException) -> str:
    """The innermost line of ours that it came through: `disk.py:113`."""
    lines = [
        f for f in traceback.extract_tb(error.__traceback__) if Path(f.filename).parent == HERE
    ]
    return f"{Path(lines[-1].filename).name}:{lines[-1].lineno}" if lines else repr(error)


async def judged(family: str, stage: Stage, hung: list[str]) -> Report:
    await stage.load.stop()
    report = Report.of(family, stage, await judge(stage))
    report.wrong += hung
    return report
