"""Something that happened, and a way to spoil it that leaves nothing behind."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

import pytest
import pytest_asyncio

from crmkit.db.pool import Connection
from crmkit.proof.snapshots import connected
from crmkit.proof.sources import BrokerLog
from crmkit.service import Service, services
from crmkit.testing.house import House, until
from crmkit.testing.plugin import Login
from services.leads.lead import commands
from services.leads.lead.domain import Intent
from services.leads.lead.schemas import LeadCreate, QualifyLead

OWNERS = ("contracts", "identity", "leads", "opportunities")
"""Those whom reporting listens to."""

Spoil = Callable[[str], AbstractAsyncContextManager[Connection]]


_MARKS = "select producer, topic, partition, position from watermark"


@dataclass(frozen=True)
class Story:
    """Two leads of one tenant, `first` of which is qualified, and where the ledger has them."""

    tenant: UUID
    first: UUID
    second: UUID
    positions: list[int]
    events: list[UUID]


@pytest.fixture
def spoilt(house: House) -> Spoil:
    """A transaction of the system role, to spoil and to look, which is always rolled back."""

    @asynccontextmanager
    async def begin(name: str) -> AsyncIterator[Connection]:
        await house.system(name)  # migrates
        async with connected(house.service(name)) as connection:
            transaction = connection.transaction(isolation="repeatable_read")
            await transaction.start()
            try:
                yield connection
            finally:
                await transaction.rollback()

    return begin


@pytest_asyncio.fixture(loop_scope="session")
async def unwritten(house: House) -> None:
    """Reporting writes no events: those it has were planted by other tests."""
    async with (await house.system("reporting")).system() as connection:
        await connection.execute("delete from event")


@pytest_asyncio.fixture(loop_scope="session")
async def story(house: House, login: Login, tenant: UUID) -> Story:
    """Told by leads and heard by reporting and webhooks."""
    for name in OWNERS:
        await house.executor(name)
    await house.work("leads", "reporting", "webhooks")
    seller = await login("leads", "sales_manager")
    first = await seller(commands.create_lead, LeadCreate(company="ACME", source="web"))
    second = await seller(commands.create_lead, LeadCreate(company="Birch", source="fair"))
    await seller(commands.qualify_lead, first.id, QualifyLead(intent=Intent.A))
    await house.caught_up("leads", "reporting")
    await house.caught_up("leads", "webhooks")
    async with (await house.system("leads")).system() as connection:
        entries = await connection.fetch(
            "select position, event_id from ledger where tenant_id = $1 order by position", tenant
        )
    positions = [entry["position"] for entry in entries]
    return Story(tenant, first.id, second.id, positions, [entry["event_id"] for entry in entries])


async def log_made_whole(house: House, service: Service) -> None:
    """Wait until the broker has all that a service has folded: what it forgot while nobody worked
    is told again by whoever works."""
    heard = {aggregate for fold in service.folds for aggregate in fold.aggregates}
    async with (await house.system(service.name)).system() as connection:
        marks = {tuple(row)[:3]: row["position"] for row in await connection.fetch(_MARKS)}
    await house.work(*{each.name for each in services()} & {producer for producer, _, _ in marks})

    async def is_whole() -> bool:
        async with BrokerLog(service, heard) as log:
            async for _ in log.more():
                pass
        try:
            log.demand_all(marks)
        except LookupError:
            return False
        return True

    await until(is_whole)
