"""Commands of one caller that would only stand in each other's way run one after the other."""

import asyncio
from collections.abc import AsyncIterator, Callable, Hashable
from contextlib import asynccontextmanager
from typing import TypeVar

C = TypeVar("C", bound=Callable[..., object])
_IN_TURN = "in_turn"


class Turns:
    """Who waits for whom in this process; other processes meet at the rows' versions as ever."""

    def __init__(self) -> None:
        self._lanes: dict[Hashable, tuple[asyncio.Lock, int]] = {}

    @asynccontextmanager
    async def turn(self, key: Hashable) -> AsyncIterator[None]:
        """First come, first served; nothing is kept of a key that nobody waits for."""
        lock, waiting = self._lanes.get(key, (asyncio.Lock(), 0))
        self._lanes[key] = (lock, waiting + 1)
        try:
            async with lock:
                yield
        finally:
            lock, waiting = self._lanes.pop(key)
            if waiting > 1:
                self._lanes[key] = (lock, waiting - 1)

    @property
    def open(self) -> int:
        """How many keys somebody has, or waits for."""
        return len(self._lanes)


def in_turn(command: C) -> C:
    """Mark a command that moves a row of its caller's, whatever else it does: two of one caller at
    once would only have the second decided again."""
    command.__dict__[_IN_TURN] = True
    return command


def goes_in_turn(command: Callable[..., object]) -> bool:
    return _IN_TURN in command.__dict__
