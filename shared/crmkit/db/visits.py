"""Requests that are at work with a database, of which there are few enough to end.

A request borrows a connection several times. Where more of them begin than there are connections
for, each waits at each of its loans, and hardly one ends before its caller has given up and asks
again (D84).
"""

import asyncio
from contextvars import ContextVar, Token
from typing import Self

_visit: ContextVar["Visit | None"] = ContextVar("visit", default=None)


class Visit:
    """One request: from its first loan to its end it has a place with each database it asks.

    What has none, such as a worker's turn, is not counted. What `lasts`, a stream that does not
    end, has places of its own, and one only while it looks for what is new.
    """

    __slots__ = ("_asked", "_held", "_over", "_token", "lasts")
    _token: Token["Visit | None"]

    def __init__(self, *, lasts: bool = False) -> None:
        self.lasts = lasts
        self._asked: list[asyncio.Semaphore] = []
        self._held: list[asyncio.Semaphore] = []
        self._over = False

    def __enter__(self) -> Self:
        self._token = _visit.set(self)
        return self

    def __exit__(self, *_: object) -> None:
        _visit.reset(self._token)
        self.end()

    def end(self) -> None:
        """It was answered: who reads slowly keeps nobody waiting."""
        self._over = True
        self.rest()

    def rest(self) -> None:
        """It does nothing for a while: its next loan waits for a place again."""
        while self._held:
            places = self._held.pop()
            self._asked.remove(places)
            places.release()

    async def enter(self, places: asyncio.Semaphore, seconds: float) -> None:
        """Wait for a place, once: other loans of the same request do not wait meanwhile, nor what
        outlives it. TimeoutError where none comes free in time."""
        if self._over or places in self._asked:
            return
        self._asked.append(places)
        try:
            await take_place(places, seconds)
        except BaseException:
            self._asked.remove(places)
            raise
        self._keep(places)

    def _keep(self, places: asyncio.Semaphore) -> None:
        if self._over:
            places.release()
        else:
            self._held.append(places)


async def take_place(places: asyncio.Semaphore, seconds: float) -> None:
    """First come, first served; TimeoutError where none comes free in time."""
    if not places.locked():  # most find one, and pay for no timer
        await places.acquire()
        return
    async with asyncio.timeout(seconds):
        await places.acquire()


def current() -> Visit | None:
    """The request that this is part of, if it is part of one."""
    return _visit.get()


def rest() -> None:
    """Whatever this is part of waits for somebody else now, and keeps no place meanwhile."""
    visit = _visit.get()
    if visit is not None:
        visit.rest()
