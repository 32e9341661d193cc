"""SIGTERM in every state that a dependency may be in: an API and a worker are gone within 20 s."""

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import httpx
import pytest
import pytest_asyncio

from crmkit.kernel import ids
from crmkit.testing.house import until
from tests.e2e.fleet import Fleet, Person, running_fleet
from tests.e2e.forge import Program
from tests.faults.stopping import (
    BUDGET,
    State,
    broker_dead,
    broker_frozen,
    healthy,
    postgres_dead,
    postgres_frozen,
)
from tests.webhooks.delivery.test_hostile import serving, stall

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

SERVICE = "webhooks"
LEASED = "select exists (select from webhook_delivery where lease_until > now())"
IN_FLIGHT = 20


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def fleet() -> AsyncIterator[Fleet]:
    async with running_fleet("leads", SERVICE) as running:
        yield running


@asynccontextmanager
async def receiver_stalled(fleet: Fleet) -> AsyncIterator[None]:
    """A try is under way that its receiver does not answer."""
    admin = fleet.person(ids.new(), "admin")
    async with serving(stall) as url:
        new = {"name": "stalled", "url": url, "types": ["lead.*"]}
        await admin.ask(SERVICE, "POST", "/v1/webhook-endpoints", json=new)
        await admin.ask("leads", "POST", "/v1/leads", json={"company": "ACME", "source": "web"})

        async def tried() -> bool:
            async with fleet.database(SERVICE) as connection:
                return bool(await connection.fetchval(LEASED))

        await until(tried, 60)
        yield


@asynccontextmanager
async def requests_in_flight(fleet: Fleet) -> AsyncIterator[None]:
    """Requests that wait for a row somebody holds: they are answered, or cut when time is up."""
    admin = fleet.person(ids.new(), "admin")
    new = {"name": "held", "url": "https://partner.example/hook", "types": ["lead.*"]}
    made = await admin.ask(SERVICE, "POST", "/v1/webhook-endpoints", json=new)
    async with fleet.database(SERVICE) as holder, holder.transaction():
        await holder.execute("select 1 from endpoint where id = $1 for update", made["id"])
        path = f"/v1/webhook-endpoints/{made['id']}/pause"
        asked = [asyncio.create_task(send(admin, path)) for _ in range(IN_FLIGHT)]

        async def wait() -> bool:
            waiting = "select exists (select from pg_locks where not granted)"
            async with fleet.database(SERVICE) as connection:
                return bool(await connection.fetchval(waiting))

        await until(wait, 60)
        yield
    await asyncio.gather(*asked)


async def send(admin: Person, path: str) -> int:
    """The status, 0 where the connection was cut."""
    try:
        return (await admin.clients[SERVICE].post(path)).status_code
    except httpx.TransportError:
        return 0


async def once(program: Program) -> None:
    program.signal(signal.SIGTERM)


async def twice(program: Program) -> None:
    program.signal(signal.SIGTERM)
    await asyncio.sleep(0)
    program.signal(signal.SIGTERM)


async def ended(program: Program, ask: Callable[[Program], Awaitable[None]]) -> None:
    """TimeoutError where it takes longer than was promised."""
    await ask(program)
    async with asyncio.timeout(BUDGET):
        await program.wait()


@pytest.mark.parametrize(
    ("state", "ask"),
    [
        (healthy, once),
        (healthy, twice),
        (postgres_frozen, once),
        (postgres_dead, once),
        (broker_frozen, once),
        (broker_dead, once),
        (receiver_stalled, once),
        (requests_in_flight, once),
    ],
    ids=lambda given: given.__name__,
)
async def test_api_and_worker_end_within_their_budget(
    fleet: Fleet, state: State, ask: Callable[[Program], Awaitable[None]]
) -> None:
    api, worker = fleet.apis[SERVICE], fleet.workers[SERVICE]
    async with state(fleet):
        await asyncio.gather(ended(api, ask), ended(worker, ask))
    assert (api.exit_code, worker.exit_code) == (-signal.SIGTERM, 0), worker.tail()
    await worker.start()
    await fleet.start_api(SERVICE)
