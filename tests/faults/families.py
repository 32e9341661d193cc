"""All families of faults, and one run of one of them: load, faults, quiet, ORACLE."""

import random
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence

from tests.faults.disk import fill_disk
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
from tests.faults.stack import Skipped, Stack, staged
from tests.faults.zombies import freeze_and_wake

Fault = Callable[..., Awaitable[None]]
FAMILIES: Mapping[str, Sequence[Fault]] = {
    "processes": (kill_each, freeze_each),
    "dependencies": (kill_postgres, freeze_postgres, lose_broker, freeze_broker, kill_all),
    "network": (reset_connections, delay_bytes, swallow_bytes, lose_commit_replies),
    "points": (end_at_each,),
    "zombies": (freeze_and_wake,),
    "events": (poison, bad_partners),
    "disk": (fill_disk,),
}

SOAKED: Sequence[Fault] = (
    kill_postgres,
    lose_broker,
    reset_connections,
    lose_commit_replies,
    poison,
    kill_each,
)


async def run(
    family: str, stack: Stack, *, rate: float, seed: int, times: int = 1, tenants: int = 5
) -> Report:
    """What came of it."""
    skipped, hung = "", list[str]()
    await stack.mend()
    async with staged(stack, rate=rate, seed=seed, times=times, tenants=tenants) as stage:
        for fault in FAMILIES[family]:
            started = time.monotonic()
            try:
                await fault(stage)
            except Skipped as reason:
                skipped = str(reason)
            except TimeoutError:
                hung.append(f"{fault.__name__} did not come to its end")
                await stack.mend()
            stage.seconds[fault.__name__] = round(time.monotonic() - started, 1)
        await stage.load.stop()
        report = Report.of(family, stage, await judge(stage))
    report.skipped = skipped
    report.wrong += hung
    return report


async def soak(stack: Stack, *, rate: float, seed: int, minutes: float, tenants: int = 5) -> Report:
    """Load for so long, with one fault of any kind about every half a minute."""
    chance = random.Random(seed)  # noqa: S311 - a schedule, no secret
    ends = time.monotonic() + 60 * minutes
    async with staged(stack, rate=rate, seed=seed, tenants=tenants) as stage:
        while time.monotonic() < ends:
            await stage.load.acknowledge(int(rate * chance.uniform(10, 30)), within=120)
            await chance.choice(SOAKED)(stage)
        await stage.load.stop()
        return Report.of("soak", stage, await judge(stage))
