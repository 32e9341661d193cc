"""Server-sent events: bounded for each caller, ended with the caller's token or patience."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Protocol

from starlette.responses import StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from crmkit.kernel.actor import Actor
from crmkit.kernel.errors import TooMany, Unauthorized

MOST_AT_ONCE = 5
"""Streams of one caller, in one process."""

HEARTBEAT_SECONDS = 15.0
_STUCK_SECONDS = 60.0
_open: Counter[tuple[object, object]] = Counter()


class Authenticator(Protocol):
    """Turns a credential into an Actor, or raises Unauthorized; cheap for one it has seen."""

    async def actor(self, token: str) -> Actor: ...


class _Stuck(Exception):
    """The reader takes nothing."""


class EventStream(StreamingResponse):
    """An answer in `text/event-stream`; TooMany where the caller has enough of them open.

    A reader who takes nothing for a minute is let go.
    """

    def __init__(self, actor: Actor, content: AsyncIterator[bytes]) -> None:
        headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
        super().__init__(content, headers=headers, media_type="text/event-stream")
        self._caller = (actor.tenant_id, actor.member_id)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_in_time(message: Message) -> None:
            try:
                async with asyncio.timeout(_STUCK_SECONDS):
                    await send(message)
            except TimeoutError:
                raise _Stuck from None

        with _place(self._caller), suppress(_Stuck):
            await super().__call__(scope, receive, send_in_time)


async def beating(
    chunks: AsyncIterator[bytes], is_alive: Callable[[], Awaitable[bool]]
) -> AsyncIterator[bytes]:
    """The chunks, with a comment where they have been empty for 15 s; ends with `is_alive`."""
    yield b"retry: 3000\n\n"
    quiet_since = time.monotonic()
    async for chunk in chunks:
        if not await is_alive():
            return
        if chunk:
            yield chunk
        elif time.monotonic() - quiet_since >= HEARTBEAT_SECONDS:
            yield b": still here\n\n"
        else:
            continue
        quiet_since = time.monotonic()


async def is_still(authenticator: Authenticator, token: str, actor: Actor) -> bool:
    """Whether the token still speaks for that actor."""
    try:
        return await authenticator.actor(token) == actor
    except Unauthorized:
        return False


@contextmanager
def _place(caller: tuple[object, object]) -> Iterator[None]:
    if _open[caller] >= MOST_AT_ONCE:
        raise TooMany(f"{MOST_AT_ONCE} streams are open already", code="stream.too_many")
    _open[caller] += 1
    try:
        yield
    finally:
        _open[caller] -= 1
        if not _open[caller]:
            del _open[caller]
