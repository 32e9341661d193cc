"""Everything is killed once under load; what was acknowledged is there afterwards, once."""

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import pytest_asyncio

from crmkit.kernel import ids
from tests.e2e.fleet import Fleet, kill, running_fleet
from tests.e2e.forge import Program
from tests.e2e.load import Load, check_ledger, check_rollups, check_rows, check_webhooks
from tests.e2e.receiver import receiving

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

LEADS = 120


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def fleet() -> AsyncIterator[Fleet]:
    async with running_fleet("leads", "reporting", "webhooks") as running:
        yield running


async def kill_child(child: Program) -> None:
    kill(child.pid)
    await child.wait()


async def test_nothing_acknowledged_is_lost_whatever_is_killed(fleet: Fleet) -> None:
    tenant = ids.new()
    admin = fleet.person(tenant, "admin")
    load = Load(admin, LEADS)
    async with receiving() as receiver:
        partner = {"name": "partner", "url": receiver.url, "types": ["lead.*"]}
        await admin.ask("webhooks", "POST", "/v1/webhook-endpoints", json=partner)
        running = asyncio.create_task(load.run())
        for n, fault in enumerate(faults(fleet), 1):
            await load.reached(20 * n)
            await fault()
        await running
        await fleet.settle(admin)
        assert await fleet.parked() == []
        await check_rows(fleet, tenant, load)
        await check_ledger(fleet)
        await check_rollups(fleet, tenant, admin)
        await check_webhooks(fleet, tenant, receiver)


def faults(fleet: Fleet) -> list[Callable[[], Awaitable[None]]]:
    """Each kills one part with SIGKILL and puts it back."""

    async def kill_api() -> None:
        await kill_child(fleet.apis["leads"])
        await fleet.start_api("leads")

    async def kill_worker(name: str) -> None:
        await kill_child(fleet.workers[name])
        await fleet.workers[name].start()

    async def kill_postgres() -> None:
        kill(fleet.postgres.pid)
        await fleet.postgres.wait()
        await fleet.postgres.start()

    return [
        kill_api,
        lambda: kill_worker("leads"),
        lambda: kill_worker("reporting"),
        fleet.broker.lose_log,
        kill_postgres,
    ]


async def test_api_and_worker_end_in_time_while_the_broker_is_frozen(fleet: Fleet) -> None:
    fleet.broker.freeze()
    try:
        api, worker = fleet.apis["leads"], fleet.workers["leads"]
        ended = await asyncio.gather(api.stop(within=20), worker.stop(within=20))
        assert [*ended] == [-signal.SIGTERM, 0], worker.log.read_text()[-3000:]
    finally:
        fleet.broker.thaw()
        await fleet.start_api("leads")
        await fleet.workers["leads"].start()
