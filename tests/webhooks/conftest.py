"""A receiver, a dispatcher, and a way to have the service hear events."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import pytest_asyncio

from crmkit.db.pool import Database
from crmkit.events.envelope import Wire
from crmkit.testing.house import Caller, House
from crmkit.testing.plugin import Login
from services.webhooks.dispatcher import Dispatcher
from services.webhooks.replayer import Replayer
from services.webhooks.settings import WebhookSettings, knobs
from tests.webhooks.samples import Receiver, Subscribe, Tell, Turn


@pytest.fixture(autouse=True)
def local_receivers(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Here, and only here, a webhook may go to this machine."""
    monkeypatch.setenv("CRM_WEBHOOK_ALLOW_PRIVATE", "127.0.0.0/8")
    monkeypatch.setenv("CRM_WEBHOOK_DEADLINE_SECONDS", "1")
    knobs.cache_clear()
    yield
    knobs.cache_clear()


@pytest_asyncio.fixture(loop_scope="session")
async def receiver() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0)
    receiver.port = server.sockets[0].getsockname()[1]
    yield receiver
    server.close()


@pytest_asyncio.fixture(loop_scope="session")
async def system(house: House) -> Database:
    """The database as the worker sees it. Dispatcher and replayer serve all tenants, so what other
    tests left to be delivered is gone, and their replays are at an end."""
    database, executor = await house.system("webhooks"), await house.executor("webhooks")
    replay, running = Replayer(WebhookSettings.load()), True
    while running:
        async with database.system() as connection:
            await connection.execute("delete from webhook_delivery")
        running = await replay(executor, database)
    return database


@pytest_asyncio.fixture(loop_scope="session")
async def dispatcher(house: House) -> AsyncIterator[Dispatcher]:
    await house.executor("webhooks")
    dispatcher = Dispatcher(WebhookSettings.load())
    yield dispatcher
    await dispatcher.client.aclose()


@pytest_asyncio.fixture(loop_scope="session")
async def turn(house: House, dispatcher: Dispatcher, system: Database, receiver: Receiver) -> Turn:
    return Turn(dispatcher, await house.executor("webhooks"), system, receiver)


@pytest.fixture
def tell(house: House, system: Database) -> Tell:
    """Have the service take these events in, as its consumer does."""

    async def take(*events: Wire) -> None:
        async with system.transaction() as connection:
            for fold in house.service("webhooks").folds:
                wanted = [e for e in events if e.type.split(".")[0] in fold.aggregates]
                if wanted:
                    await fold.apply(connection, wanted)

    return take


@pytest_asyncio.fixture(loop_scope="session")
async def admin(login: Login) -> Caller:
    return await login("webhooks", "admin")


@pytest.fixture
def subscribe(admin: Caller, receiver: Receiver) -> Subscribe:
    """An endpoint at the receiver; the answer with its secret."""

    async def make(*types: str, by: Caller = admin, url: str = "", **more: Any) -> dict[str, Any]:
        body = {"name": "ERP", "url": url or receiver.url, "types": list(types or ["*"])} | more
        made = await by.post("/v1/webhook-endpoints", json=body)
        assert made.status_code == 201, made.text
        shown: dict[str, Any] = made.json()
        return shown

    return make
