"""The time of day jumps under running processes."""

from crmkit.testing.house import until
from tests.faults.stack import Stage

NEAR, FAR = 8.0, 600.0
"""Seconds. The API's clock stays within what tokens are forgiven (30 s) when it goes back; the
worker's goes back by little, for a delivery waits until its PostgreSQL's present has come."""


async def jump(stage: Stage) -> None:
    """Back and forth while work is in flight, then far, where it stays until all is told."""
    stack = stage.stack
    for _ in range(2 * stage.times):
        for seconds in (NEAR, -NEAR):
            stack.clock.jump(seconds)
            stack.worker_clock.jump(-seconds)
            stage.faults["clock jumps"] += 1
            await stage.load.acknowledge(3)
    for seconds in (FAR, 0):
        stack.clock.jump(seconds)
        stack.worker_clock.jump(seconds)
        stage.faults["clock jumps"] += 1
        await stage.load.acknowledge(5)
        await _all_told(stage)


async def _all_told(stage: Stage) -> None:
    """Wait until nothing waits for a time that has gone by again."""

    async def idle() -> bool:
        async with stage.stack.database("webhooks") as connection:
            return not await connection.fetchval(WAITING)

    stage.load.pause()
    await until(idle, 60)
    stage.load.resume()


WAITING = "select exists (select from webhook_delivery where state = 'pending' and attempts = 0)"
