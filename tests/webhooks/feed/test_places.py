"""Streams, however many, and requests do not wait for each other at the database."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from functools import partial
from uuid import UUID

import httpx
import pytest
import pytest_asyncio

from crmkit.db.pool import Database
from crmkit.events.envelope import Wire
from crmkit.testing.house import Caller, House, until
from crmkit.testing.plugin import Login
from crmkit.web import streams
from services.webhooks.feed import queries
from tests.crmkit.db.test_visits import fill, free
from tests.serving import served
from tests.webhooks.feed.test_subscription import bearer, socket, streamed, subscribe, told
from tests.webhooks.samples import Tell, an_event

_SOCKETS, _OF_EACH = 4, 10


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def url(house: House) -> AsyncIterator[str]:
    async with served(await house.api("webhooks")) as there:
        yield f"{there.removeprefix('http://')}/graphql/webhooks"


@pytest.fixture
async def database(house: House) -> Database:
    """The one that the API is at work with."""
    gate = await house.api("webhooks")
    found: Database = gate._app._owners["graphql/webhooks"].state.executor.database
    return found


async def test_a_burst_of_subscriptions_takes_no_place_of_requests(
    url: str, login: Login, tenant: UUID, tell: Tell, database: Database
) -> None:
    await tell(an_event(tenant))
    callers = [await login("webhooks", "admin") for _ in range(_SOCKETS)]
    places, whole = database.places_of_streams, free(database)
    await places.acquire()
    async with AsyncExitStack() as stack:
        stack.callback(places.release)
        sockets = [await stack.enter_async_context(socket(url, bearer(each))) for each in callers]
        for opened in sockets:
            for number in range(_OF_EACH):
                await subscribe(opened, str(number), after="0")
        await until(partial(_wait, places, _SOCKETS * _OF_EACH))
        for _ in range(3):
            assert (await callers[0].get("/v1/events?limit=1")).status_code == 200
        assert free(database) == whole
        places.release()
        for opened in sockets:
            for _ in range(_OF_EACH):
                await told(opened)
        await places.acquire()


async def _wait(places: asyncio.Semaphore, many: int) -> bool:
    return len(places._waiters or ()) == many


async def test_where_requests_have_all_places_streams_go_on(
    url: str, admin: Caller, tenant: UUID, tell: Tell, database: Database
) -> None:
    visits = await fill(database)
    try:
        async with (
            socket(url, bearer(admin)) as opened,
            streamed(url, bearer(admin), after="0") as (_, events),
        ):
            await subscribe(opened, after="0")
            await tell(event := an_event(tenant))
            assert (await told(opened))["id"] == str(event.id)
            assert (await anext(events))[0] == "next"
    finally:
        for visit in visits:
            visit.end()


async def comes_free(places: asyncio.Semaphore, seconds: float) -> bool:
    """Whether a follower that has waited for the one place there is, and looked, gives it back."""
    try:
        async with asyncio.timeout(seconds):
            async with places:
                await until(partial(_wait, places, 1))
            async with places:
                return True
    except TimeoutError:
        return False


async def subscription_rests(
    url: str, admin: Caller, event: Wire, tell: Tell, database: Database, seconds: float = 10
) -> None:
    async with socket(url, bearer(admin)) as opened:
        await subscribe(opened, after="0")
        await tell(event)
        assert (await told(opened))["id"] == str(event.id)
        assert await comes_free(database.places_of_streams, seconds)


async def test_a_subscription_keeps_no_place_between_two_looks(
    url: str, admin: Caller, tenant: UUID, tell: Tell, database: Database
) -> None:
    await subscription_rests(url, admin, an_event(tenant), tell, database)


async def test_without_a_rest_either_keeps_its_place(
    url: str,
    house: House,
    admin: Caller,
    tenant: UUID,
    tell: Tell,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The negative control: of a subscription, which rests as it follows, and of a stream."""
    monkeypatch.setattr(queries, "rest", lambda: None)
    with pytest.raises(AssertionError):
        await subscription_rests(url, admin, an_event(tenant), tell, database, 2)
    await stream_rests(house, admin, tenant, tell, database)
    monkeypatch.setattr(streams, "rest", lambda: None)
    with pytest.raises(AssertionError):
        await stream_rests(house, admin, tenant, tell, database, 2)


async def test_a_stream_keeps_no_place_between_two_looks(
    house: House, admin: Caller, tenant: UUID, tell: Tell, database: Database
) -> None:
    await stream_rests(house, admin, tenant, tell, database)


async def stream_rests(
    house: House,
    admin: Caller,
    tenant: UUID,
    tell: Tell,
    database: Database,
    seconds: float = 10,
) -> None:
    await tell(an_event(tenant))
    async with served(await house.api("webhooks")) as there, httpx.AsyncClient() as client:
        asked = client.stream(
            "GET",
            f"{there}/v1/events/stream",
            headers={"authorization": bearer(admin), "last-event-id": "0"},
        )
        async with asked as answer:
            lines = answer.aiter_lines()
            while not (await anext(lines)).startswith("data:"):
                pass
            assert await comes_free(database.places_of_streams, seconds)
