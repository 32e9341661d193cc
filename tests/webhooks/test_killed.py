"""A replay whose worker is killed without warning, by the real processes."""

import asyncio
import signal
from collections import Counter
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from crmkit.kernel import ids
from crmkit.testing.house import until
from services.webhooks.feed.consumers import append
from tests.e2e.fleet import Fleet, running_fleet
from tests.e2e.receiver import Receiver, receiving
from tests.webhooks.samples import an_event

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
ALL, KILLED_AT = 60, (5, 25)
_DUE_NOW = "update webhook_delivery set lease_until = now() where lease_until is not null"


@pytest_asyncio.fixture(loop_scope="session")
async def fleet() -> AsyncIterator[Fleet]:
    async with running_fleet("webhooks") as running:
        yield running


async def test_a_replay_survives_kill_9_twice_and_misses_nothing(fleet: Fleet) -> None:
    tenant = ids.new()
    admin = fleet.person(tenant, "admin")
    events = [an_event(tenant) for _ in range(ALL)]
    async with fleet.database("webhooks") as connection, connection.transaction():
        await append.apply(connection, events)  # type: ignore[arg-type]  # a proxy of one
    async with receiving() as receiver:
        receiver.held = set(KILLED_AT)
        partner = {"name": "ERP", "url": receiver.url, "types": ["*"]}
        endpoint = await admin.ask("webhooks", "POST", "/v1/webhook-endpoints", json=partner)
        path = f"/v1/webhook-endpoints/{endpoint['id']}/replays"
        asked = {"from_at": "2026-01-01T00:00:00Z"}
        replay = await admin.ask("webhooks", "POST", path, json=asked)
        for count in KILLED_AT:
            await killed_with_a_try_under_way(fleet, receiver, count)

        async def finished() -> bool:
            path = f"/v1/webhook-replays/{replay['id']}"
            shown = await admin.ask("webhooks", "GET", path)
            return bool(shown["state"] == "finished" and shown["found"] == ALL)

        await until(finished, 90)
    times = Counter(webhook.headers["webhook-id"] for webhook in receiver.told)
    assert times.keys() == {str(event.id) for event in events}
    assert sorted(times.values()) == [1] * (ALL - 2) + [2, 2]
    for webhook in receiver.told:
        webhook.verify(endpoint["secret"])
        assert webhook.headers["webhook-replay"] == "true"
        assert webhook.event["id"] == webhook.headers["webhook-id"]


async def killed_with_a_try_under_way(fleet: Fleet, receiver: Receiver, count: int) -> None:
    """The worker dies waiting for an answer; another one starts when its lease is over."""

    async def holds() -> bool:
        return len(receiver.told) >= count

    await until(holds, 90)
    assert len(receiver.told) == count
    worker = fleet.workers["webhooks"]
    worker.signal(signal.SIGKILL)
    await worker.wait()
    receiver.go_on.set()
    receiver.go_on = asyncio.Event()
    async with fleet.database("webhooks") as connection:
        assert await connection.execute(_DUE_NOW) == "UPDATE 1"
    await worker.start()
