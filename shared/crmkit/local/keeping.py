"""Has what ended by itself start again, as whoever runs a house in production would."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from crmkit.local.supervise import ChildError

AT_MOST = 5
"""Starts within WITHIN_SECONDS; whatever ends once more is given up."""

WITHIN_SECONDS = 60.0
PAUSE_SECONDS = 0.2
"""Before the first of them; twice as long before each further one."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A process to be kept: `ended` answers its exit status, `start` brings it back."""

    name: str
    ended: Callable[[], Awaitable[int]]
    start: Callable[[], Awaitable[None]]


async def keep(kept: Sequence[Kept], say: Callable[[str], None]) -> None:
    """Until it is cancelled; ChildError where one ends more often than is any use."""
    keepers = {asyncio.create_task(_keep(each, say)) for each in kept}
    try:
        done, _ = await asyncio.wait(keepers, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in keepers:
            task.cancel()
        await asyncio.wait(keepers)


async def _keep(each: Kept, say: Callable[[str], None]) -> None:
    ends: list[float] = []
    while True:
        status, now = await each.ended(), time.monotonic()
        ends = [at for at in ends if now - at < WITHIN_SECONDS] + [now]
        what = f"the {each.name} ended with status {status}"
        if len(ends) > AT_MOST:
            raise ChildError(f"{what}, and did so {len(ends)} times within a minute")
        say(f"{what} and is started again")
        await asyncio.sleep(PAUSE_SECONDS * 2 ** (len(ends) - 1))
        try:
            await each.start()
        except ChildError as error:
            say(str(error))
