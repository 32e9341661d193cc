"""What a service has told and its ledger has lost: found out, given up, never given again."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import pytest_asyncio
from aiokafka.errors import KafkaTimeoutError

from crmkit.db.pool import Connection
from crmkit.kernel import ids
from crmkit.messaging import memory
from crmkit.messaging.broker import probe, slots_of
from crmkit.messaging.memory import Alive, Forgotten, demand_memory, remembers
from crmkit.proof.chain import check_ledger, check_window
from crmkit.proof.marks import check_marks
from crmkit.proof.snapshots import snapshot
from crmkit.testing.house import Caller, House, running_house, until
from services.leads.lead import commands
from services.leads.lead.schemas import LeadCreate

END = "select max(position) from ledger"
TOLD = """
select not exists (select from outbox)
  and (select position from relay) = (select max(position) from ledger)
"""
SWAP = """
update ledger l set event_id = o.event_id, tenant_id = o.tenant_id
from ledger o where l.position + o.position = 3 and l.position in (1, 2)
"""
GIVE_UP = "insert into ledger_resumed values ($1, $2, now())"
AHEAD = "insert into watermark values ('leads', 'crm.lead.v1', 99, $1)"
"""In a partition that no topic has: leads listens to itself, and has watermarks of all others."""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def alone() -> AsyncIterator[House]:
    """A house whose ledger may be spoilt; four leads have been told."""
    async with running_house(nodes=1) as house:
        await house.work("leads")
        for number in range(4):
            await create(await seller(house), f"Told {number}")
        await told(house)
        yield house


async def seller(house: House) -> Caller:
    return await house.caller("leads", ids.new(), "sales_manager")


async def create(caller: Caller, company: str) -> None:
    await caller(commands.create_lead, LeadCreate(company=company, source="web"))


async def told(house: House) -> None:
    async def all_told() -> bool:
        async with database(house) as connection:
            return bool(await connection.fetchval(TOLD))

    await until(all_told)


@asynccontextmanager
async def database(house: House) -> AsyncIterator[Connection]:
    async with (await house.system("leads")).system() as connection:
        yield connection


async def look(house: House, alive: Alive | None = None) -> None:
    service = house.service("leads")
    system = await house.system("leads")
    await demand_memory(
        "leads", system, house.settings("leads"), service.topics, alive or still_there
    )


async def still_there() -> None:
    """A lock that nobody takes away."""


async def unacknowledged(house: House) -> None:
    """As after a crash between the broker's acknowledgement and our note of it."""
    async with database(house) as connection:
        await connection.execute("update published set broker_offset = 0")


async def test_what_was_sent_and_not_noted_is_not_forgotten(alone: House) -> None:
    await unacknowledged(alone)
    await look(alone)
    async with database(alone) as connection:
        assert await remembers(connection)


async def test_the_log_is_read_no_further_without_the_lock(alone: House) -> None:
    async def gone() -> None:
        raise ConnectionResetError("the lock's session has ended")

    await unacknowledged(alone)
    with pytest.raises(ConnectionResetError):
        await look(alone, gone)


async def test_a_log_that_brings_no_more_is_given_up(
    alone: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = alone.settings("leads")
    slots = await slots_of(settings, ["crm.lead.v1"])
    client = probe(settings, "stuck")
    await client.start()
    try:
        client.assign(slots)
        await client.seek_to_beginning(*slots)
        client.pause(*slots)
        monkeypatch.setattr(memory, "MOVES_WITHIN", 0.5)
        with pytest.raises(KafkaTimeoutError, match="no more of the log"):
            async for _ in memory.up_to_end(client, slots):
                pass
        client.resume(*slots)
        pages = [page async for page in memory.up_to_end(client, slots)]
        assert sum(len(records) for page in pages for records in page.values()) >= 4
    finally:
        await client.stop()


async def test_an_event_that_the_ledger_has_lost_is_found_in_the_log(alone: House) -> None:
    await unacknowledged(alone)
    async with database(alone) as connection:
        end = await connection.fetchval(END)
        lost = await connection.fetchrow("delete from ledger where position = $1 returning *", end)
        assert lost is not None
        with pytest.raises(Forgotten) as found:
            await look(alone)
        assert (found.value.position, await remembers(connection)) == (end, False)
        await connection.execute("insert into ledger values ($1, $2, $3, $4, $5, $6)", *lost)
        await look(alone)
        assert await remembers(connection)


async def test_another_event_in_a_place_that_was_told_is_found(alone: House) -> None:
    await unacknowledged(alone)
    async with database(alone) as connection:
        await connection.execute(SWAP)
        with pytest.raises(Forgotten, match="2 events, up to position 2"):
            await look(alone)
        await connection.execute(SWAP)
    await look(alone)


async def test_places_that_were_given_up_are_nobodys_and_no_gap(alone: House) -> None:
    async with database(alone) as connection:
        end = await connection.fetchval(END)
        await connection.execute(GIVE_UP, end + 1, end + 5)
    await create(await seller(alone), "After")
    await told(alone)
    async with database(alone) as connection:
        assert await connection.fetchval(END) == end + 6
        assert await gaps(alone, end + 3) == []
        await connection.execute("update ledger_resumed set last = last - 1 where first > $1", end)
        whole, window = await gaps(alone, end + 3)
        assert (whole, window) == (
            f"position {end + 1} to {end + 5}",
            f"position {end + 3} to {end + 5}",
        )
        await connection.execute("update ledger_resumed set last = last + 1 where first > $1", end)


async def gaps(house: House, first: int) -> list[str]:
    """What the whole ledger is found to lack, and a window of it that begins at a position."""
    async with snapshot(house.service("leads")) as connection:
        whole = await check_ledger(connection, "leads")
        window = await check_window(connection, "leads", first, 10)
    found = [*whole.differences, *window.differences]
    assert {each.field for each in found} <= {"position"}
    return [each.row for each in found]


async def test_a_listener_that_has_heard_more_than_was_told_is_named(alone: House) -> None:
    leads = alone.service("leads")
    assert (await check_marks(leads, leads)).wrong == 0
    async with database(alone) as connection:
        end = await connection.fetchval(END)
        await connection.execute(AHEAD, end + 3)
        (found,) = (await check_marks(leads, leads)).differences
        assert (found.table, found.kept) == ("watermark", str(end + 3))
        assert found.wanted == f"{end} at most; see crm ledger resume leads"
        await connection.execute(GIVE_UP, end + 1, end + 3)
        assert (await check_marks(leads, leads)).wrong == 0
        await connection.execute("delete from ledger_resumed where first > $1", end)
        await connection.execute("delete from watermark where partition = 99")
