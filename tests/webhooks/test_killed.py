"""A replay whose worker is killed without warning, by the real processes."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from crmkit.kernel import ids
from crmkit.testing.house import until
from services.webhooks.feed.consumers import append
from tests.e2e.fleet import Fleet, running_fleet
from tests.e2e.receiver import Receiver, receiving
from tests.e2e.test_faults_short import kill_child
from tests.webhooks.samples import an_event

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
ALL = 60


@pytest_asyncio.fixture(loop_scope="session")
async def fleet() -> AsyncIterator[Fleet]:
    async with running_fleet("webhooks") as running:
        yield running


async def reached(receiver: Receiver, count: int) -> None:
    async def so_many() -> bool:
        return len(receiver.ids()) >= count

    await until(so_many, 90)


async def test_a_replay_survives_kill_9_twice_and_misses_nothing(fleet: Fleet) -> None:
    tenant = ids.new()
    admin = fleet.person(tenant, "admin")
    events = [an_event(tenant) for _ in range(ALL)]
    async with fleet.database("webhooks") as connection, connection.transaction():
        await append.apply(connection, events)  # type: ignore[arg-type]
    async with receiving() as receiver:
        partner = {"name": "ERP", "url": receiver.url, "types": ["*"]}
        endpoint = await admin.ask("webhooks", "POST", "/v1/webhook-endpoints", json=partner)
        replay = await admin.ask(
            "webhooks",
            "POST",
            f"/v1/webhook-endpoints/{endpoint['id']}/replays",
            json={"from_at": "2026-01-01T00:00:00Z"},
        )
        for share in (5, 25):
            await reached(receiver, share)
            await kill_child(fleet.workers["webhooks"])
            await fleet.workers["webhooks"].start()
        await reached(receiver, ALL)

        async def finished() -> bool:
            path = f"/v1/webhook-replays/{replay['id']}"
            shown = await admin.ask("webhooks", "GET", path)
            return bool(shown["state"] == "finished")

        await until(finished, 60)
        assert receiver.ids() == {str(event.id) for event in events}
        assert len(receiver.told) - ALL <= 2
        await asyncio.to_thread(verify_all, receiver, endpoint["secret"])


def verify_all(receiver: Receiver, secret: str) -> None:
    for webhook in receiver.told:
        webhook.verify(secret)
        assert webhook.headers["webhook-replay"] == "true"
