"""What was parked is applied once what stood in its way is gone; reactions run twice do no harm."""

from collections.abc import AsyncIterator
from uuid import UUID

import pytest_asyncio

from crmkit.db.pool import Database
from crmkit.kernel import clock, ids
from crmkit.messaging.publisher import envelope
from crmkit.proof.again import replay_parked, replay_reactions
from crmkit.proof.sources import Ledgers
from crmkit.testing.house import House
from crmkit.testing.plugin import Login
from services.leads.lead import commands
from services.leads.lead.domain import Intent
from services.leads.lead.schemas import ConvertLead, LeadCreate, QualifyLead
from tests.crmkit.proof.conftest import OWNERS, Story

_PARK = """
insert into parked
  (id, tenant_id, topic, partition, broker_offset, value, error, parked_at, fingerprint)
values ($1, $2, 'crm.lead.v1', 0, 0, $3, 'test', $4, sha256($3))
"""
_EVENT = """
select l.position, e.* from event e join ledger l on l.event_id = e.id and l.tenant_id = e.tenant_id
where e.id = $1
"""


@pytest_asyncio.fixture(loop_scope="session")
async def database(house: House) -> AsyncIterator[Database]:
    """Reporting's, in which nothing is parked before or after."""
    await house.executor("reporting")
    system = await house.system("reporting")
    async with system.system() as connection:
        await connection.execute("delete from parked")
        yield system
        await connection.execute("delete from parked")


async def park(database: Database, tenant: UUID, value: bytes) -> UUID:
    parked_id = ids.new()
    async with database.system() as connection:
        await connection.execute(_PARK, parked_id, tenant, value, clock.now())
    return parked_id


async def waiting(database: Database) -> set[UUID]:
    async with database.system() as connection:
        rows = await connection.fetch("select id from parked where replayed_at is null")
    return {row["id"] for row in rows}


async def test_a_parked_event_is_applied_and_marked(
    house: House, database: Database, story: Story
) -> None:
    async with (await house.system("leads")).system() as connection:
        (event,) = await connection.fetch(_EVENT, story.events[1])
    await park(database, story.tenant, envelope("leads", event, 0))
    count = "select count(*) from fact_lead where id = $1"
    async with database.system() as connection:
        await connection.execute("delete from fact_lead where id = $1", story.second)
        done = await replay_parked(house.service("reporting"))
        assert await connection.fetchval(count, story.second) == 1
        await connection.execute(
            "update rollup_day set n = n - 1 where tenant_id = $1 and source = 'fair'", story.tenant
        )
    assert (done.applied, done.refused) == (1, 0)
    assert await waiting(database) == set()


async def test_what_is_no_event_stays_parked(
    house: House, database: Database, tenant: UUID
) -> None:
    parked_id = await park(database, tenant, b"no event")
    done = await replay_parked(house.service("reporting"))
    assert (done.applied, done.refused) == (0, 1)
    assert await waiting(database) == {parked_id}


@pytest_asyncio.fixture(loop_scope="session")
async def deal(house: House, login: Login) -> UUID:
    """The deal that opportunities opened because a lead was converted."""
    for name in OWNERS:
        await house.executor(name)
    await house.work("leads", "opportunities")
    seller = await login("leads", "sales_manager")
    lead = await seller(commands.create_lead, LeadCreate(company="Again", source="web"))
    await seller(commands.qualify_lead, lead.id, QualifyLead(intent=Intent.A))
    converted = await seller(commands.convert_lead, lead.id, ConvertLead())
    await house.caught_up("leads", "opportunities")
    assert converted.opportunity_id
    return converted.opportunity_id


async def replayed(house: House, deal: UUID, *before: str) -> list[tuple[int, str]]:
    """The deal's version and name after statements about it and a replay of reactions to leads."""
    async with (await house.system("opportunities")).system() as connection:
        for sql in before:
            assert await connection.execute(sql, deal) == "DELETE 1"
        done = await replay_reactions(house.service("opportunities"), Ledgers({"lead"}))
        rows = await connection.fetch("select version, name from opportunity where id = $1", deal)
    assert done.applied >= 1
    return [(row["version"], row["name"]) for row in rows]


async def test_what_events_start_is_found_done_when_it_is_started_again(
    house: House, deal: UUID
) -> None:
    assert [version for version, _ in await replayed(house, deal)] == [1]


async def test_what_was_never_started_is_started(house: House, deal: UUID) -> None:
    opened = await replayed(house, deal, "delete from opportunity where id = $1")
    assert [version for version, _ in opened] == [1]
