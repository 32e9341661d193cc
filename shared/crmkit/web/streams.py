"""Server-sent events, and how many streams of any kind a caller may have open: bounded for each
caller, ended with the caller's credential or patience. What writes them makes chunks, no more.
"""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from uuid import UUID

from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from crmkit.db.visits import rest
from crmkit.kernel.actor import Actor
from crmkit.kernel.errors import CrmError, Invalid, TooMany
from crmkit.web.gate import demand_still

MOST_AT_ONCE = 5
"""Streams of one caller, in one process."""

HEARTBEAT_SECONDS = 15.0
TAKEN_WITHIN = 30.0
"""Seconds for a reader to take what was sent, or to go."""

_LAST_ID = 2**63 - 1
_LONGEST_ID = len(str(_LAST_ID))


class Places:
    """How many streams each caller has open in this process."""

    def __init__(self, most: int, code: str) -> None:
        self._most = most
        self._code = code
        self._open: Counter[tuple[UUID, UUID]] = Counter()

    @contextmanager
    def one_more(self, actor: Actor) -> Iterator[None]:
        """For as long as it runs; TooMany with the code where the caller has the most already."""
        caller = (actor.tenant_id, actor.member_id)
        if self._open[caller] >= self._most:
            raise TooMany(f"{self._most} streams are open already", code=self._code)
        self._open[caller] += 1
        try:
            yield
        finally:
            self._open[caller] -= 1
            if not self._open[caller]:
                del self._open[caller]


STREAMS = Places(MOST_AT_ONCE, "stream.too_many")


class _Stuck(Exception):
    """The reader takes nothing."""


class EventStream(StreamingResponse):
    """An answer in `text/event-stream`; TooMany where the caller has enough of them open.

    A reader who takes nothing for 30 s is let go. The content must do nothing before it is
    asked for its first chunk, for it is not asked where there is no place.
    """

    def __init__(
        self, actor: Actor, content: AsyncIterator[bytes], places: Places = STREAMS
    ) -> None:
        headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
        super().__init__(content, headers=headers, media_type="text/event-stream")
        self._actor = actor
        self._places = places

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._places.one_more(self._actor), suppress(_Stuck):
            await super().__call__(scope, receive, patient(send))


def patient(send: Send) -> Send:
    """Waits only so long for the reader."""

    async def within(message: Message) -> None:
        try:
            async with asyncio.timeout(TAKEN_WITHIN):
                await send(message)
        except TimeoutError:
            raise _Stuck from None

    return within


async def beating(chunks: AsyncIterator[bytes], scope: Scope) -> AsyncIterator[bytes]:
    """The chunks, with a comment where they have been empty for 15 s.

    Before each it is asked whether the caller would be let in still, so they should come, empty
    ones too, every second or so. While they are taken, however slowly, no place is held.
    """
    rest()
    yield b"retry: 3000\n\n"
    quiet_since = time.monotonic()
    async for chunk in chunks:
        if not await _is_let_in(scope):
            return
        rest()
        if chunk:
            yield chunk
        elif time.monotonic() - quiet_since >= HEARTBEAT_SECONDS:
            yield b": still here\n\n"
        else:
            continue
        quiet_since = time.monotonic()


def last_seen(request: Request) -> int | None:
    """The `id` after which a reader goes on who comes back; Invalid `cursor.invalid`."""
    given = request.headers.get("last-event-id")
    if not given:
        return None
    is_number = given.isascii() and given.isdecimal() and len(given) <= _LONGEST_ID
    if not is_number or int(given) > _LAST_ID:
        raise Invalid.field("Last-Event-ID", "cursor.invalid", "not an id of this stream")
    return int(given)


async def _is_let_in(scope: Scope) -> bool:
    try:
        await demand_still(scope)
    except CrmError:
        return False
    return True
