"""Fifty streams at once, by real HTTP: who is refused, and whose place comes back."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from uuid import UUID

import httpx
import pytest_asyncio

from crmkit.testing.house import Caller, House, until
from crmkit.testing.plugin import Login
from crmkit.web.streams import MOST_AT_ONCE
from tests.serving import served
from tests.webhooks.feed.test_subscription import bearer, socket, streamed, subscribe, told
from tests.webhooks.samples import Tell, an_event

_CALLERS = 10


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def url(house: House) -> AsyncIterator[str]:
    async with served(await house.api("webhooks")) as there:
        yield there


class Stream:
    """One connection of its own, which is read until it is cut."""

    def __init__(self, url: str, caller: Caller) -> None:
        self.heard: list[str] = []
        self.status: int | None = None
        self.code = ""
        self.task = asyncio.create_task(self._read(url, bearer(caller)))

    async def _read(self, url: str, token: str) -> None:
        headers = {"authorization": token, "last-event-id": "0"}
        async with (
            httpx.AsyncClient(timeout=60) as client,
            client.stream("GET", f"{url}/v1/events/stream", headers=headers) as answer,
        ):
            self.status = answer.status_code
            if answer.is_error:
                self.code = json.loads(await answer.aread())["code"]
            async for line in answer.aiter_lines():
                if line.startswith("data: "):
                    self.heard.append(json.loads(line.removeprefix("data: "))["id"])

    async def answered(self) -> int:
        async def is_there() -> bool:
            return self.status is not None

        await until(is_there)
        assert self.status is not None
        return self.status

    async def hears(self, event_id: UUID) -> None:
        async def has() -> bool:
            return str(event_id) in self.heard

        await until(has)

    async def cut(self) -> None:
        """The connection goes, and nobody says so."""
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


async def test_fifty_streams_hear_all_and_one_more_of_each_is_refused_until_one_is_cut(
    url: str, login: Login, tenant: UUID, tell: Tell
) -> None:
    callers = [await login("webhooks", "admin") for _ in range(_CALLERS)]
    streams = [Stream(url, caller) for caller in callers for _ in range(MOST_AT_ONCE)]
    try:
        assert {await stream.answered() for stream in streams} == {200}
        too_many = [Stream(url, caller) for caller in callers]
        assert {await stream.answered() for stream in too_many} == {429}
        await asyncio.gather(*(stream.task for stream in too_many))
        assert {stream.code for stream in too_many} == {"stream.too_many"}
        await tell(first := an_event(tenant))
        for stream in streams:
            await stream.hears(first.id)
        async with httpx.AsyncClient(headers={"authorization": bearer(callers[0])}) as client:
            assert (await client.get(f"{url}/v1/events?limit=1")).status_code == 200
        for stream in streams[::MOST_AT_ONCE]:
            await stream.cut()
        streams += [await come_back(url, caller) for caller in callers]
        await tell(second := an_event(tenant))
        for stream in streams:
            if not stream.task.done():
                await stream.hears(second.id)
        assert sum(not stream.task.done() for stream in streams) == _CALLERS * MOST_AT_ONCE
    finally:
        for stream in streams:
            await stream.cut()


async def come_back(url: str, caller: Caller) -> Stream:
    """The server learns that a connection is gone when it writes, or is told by the socket."""
    found: list[Stream] = []

    async def is_let_in() -> bool:
        stream = Stream(url, caller)
        if await stream.answered() != 200:
            await stream.cut()
            return False
        found.append(stream)
        return True

    await until(is_let_in)
    return found[0]


async def test_fifty_subscriptions_by_sockets_and_streams_share_places_and_give_them_back(
    url: str, login: Login, tenant: UUID, tell: Tell
) -> None:
    """Five sockets with eight each, and two streams of each caller: fifty in all."""
    where = f"{url.removeprefix('http://')}/graphql/webhooks"
    callers = [await login("webhooks", "admin") for _ in range(5)]
    async with AsyncExitStack() as stack:
        for caller in callers:
            for _ in range(2):
                await stack.enter_async_context(streamed(where, bearer(caller), after="0"))
        sockets = [await stack.enter_async_context(socket(where, bearer(c))) for c in callers]
        asked = [(opened, str(number)) for opened in sockets for number in range(8)]
        for opened, name in asked:
            await subscribe(opened, name, after="0")
        await tell(event := an_event(tenant))
        heard = [(await told(opened))["id"] for opened, _ in asked]
    assert heard == [str(event.id)] * len(asked)
    for caller in callers:
        again = [await come_back(url, caller) for _ in range(MOST_AT_ONCE)]
        for stream in again:
            await stream.cut()
