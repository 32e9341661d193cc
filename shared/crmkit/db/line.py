"""A line in which callers wait for what others give back."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any


class Line:
    """First come, first served: what is handed over goes to one who waits, past who comes later."""

    def __init__(self) -> None:
        self._waiting: deque[asyncio.Future[Any]] = deque()

    def hand(self, thing: object) -> bool:
        """Give it to whoever has waited longest; False where nobody waits."""
        while self._waiting:
            place = self._waiting.popleft()
            if not place.done():  # else they have left
                place.set_result(thing)
                return True
        return False

    async def wait(self, seconds: float, pass_on: Callable[[Any], None]) -> Any:
        """What is handed over; TimeoutError where nothing is in time.

        `pass_on` is given what came at the moment when the caller was cancelled.
        """
        loop = asyncio.get_running_loop()
        place = loop.create_future()
        self._waiting.append(place)
        timer = loop.call_later(seconds, _send_away, place)
        try:
            return await place
        except asyncio.CancelledError:
            if not place.cancelled() and place.exception() is None:
                pass_on(place.result())
            raise
        finally:
            timer.cancel()


def _send_away(place: asyncio.Future[Any]) -> None:
    if not place.done():
        place.set_exception(TimeoutError())
