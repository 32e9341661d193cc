"""A consumer made anew from nothing: equal, healed, and never seen half-built."""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from typing import Any, Self
from uuid import UUID

import pytest
from rich.console import Console

from crmkit.events.envelope import Wire
from crmkit.kernel import ids
from crmkit.messaging.standstill import only_replay, stand_still
from crmkit.proof.commands import print_replayed
from crmkit.proof.replay import rebuilding, replay
from crmkit.proof.snapshots import connected
from crmkit.proof.sources import BrokerLog, Ledgers, Mark, Reached, Source
from crmkit.service import Service, services
from crmkit.testing.house import House, until
from crmkit.testing.plugin import Login
from services.leads.account import commands as accounts
from services.leads.account.schemas import AccountCreate
from services.leads.lead import commands
from services.leads.lead.schemas import LeadCreate
from services.reporting.app import service as reporting
from services.reporting.rollup.truth import check
from tests.crmkit.proof.conftest import Story, log_made_whole
from tests.reporting.conftest import wire

HEARD = {aggregate for fold in rebuilding(reporting) for aggregate in fold.aggregates}
_MARKS = "select producer, topic, partition, position from watermark"
_CELLS = "select * from rollup_day where tenant_id = $1 and n <> 0 order by measure, source"
_WEEKS = "select * from rollup_week where tenant_id = $1 and n <> 0 order by measure, cut, source"
_FACTS = "select * from fact_lead where tenant_id = $1 order by id"
_STATES = "select * from fact_lead_history where tenant_id = $1 order by id, version"
_WAITS = "select exists (select from pg_locks where locktype = 'advisory' and not granted)"
_YEAR = {"grain": "quarter", "from": "2026-01-01", "to": "2027-12-31"}


async def kept(house: House, tenant: UUID) -> list[list[Any]]:
    """All that reporting keeps of the tenant's leads."""
    queries = (_CELLS, _FACTS, _STATES, _WEEKS)
    async with (await house.system("reporting")).system() as connection:
        return [[tuple(row) for row in await connection.fetch(q, tenant)] for q in queries]


async def spoil(house: House, tenant: UUID) -> None:
    """A figure cooked, a fact lost with its row, a fact changed, a cell that nobody told."""
    async with (await house.system("reporting")).system() as connection:
        for sql in (
            "update rollup_day set n = n + 7 where tenant_id = $1 and measure = 'leads_created'",
            "delete from fact_lead where tenant_id = $1 and source = 'fair'",
            "update fact_lead set source = 'cooked' where tenant_id = $1",
            "delete from fact_lead_history where tenant_id = $1 and version = 2",
            "update fact_lead_history set actor = 'nobody' where tenant_id = $1",
            "update rollup_day set source = 'none' where tenant_id = $1 and source = 'fair'",
            "update rollup_week set n = n + 3 where tenant_id = $1",
        ):
            assert await connection.execute(sql, tenant) != "UPDATE 0"


class Watched(Ledgers):
    """The ledgers, with something done after each page has been folded."""

    def __init__(self, aggregates: Collection[str], act: Callable[[], Awaitable[Any]]) -> None:
        super().__init__(aggregates)
        self.act = act
        self.seen: list[Any] = []

    async def more(self) -> AsyncIterator[list[Wire]]:
        async for events in super().more():
            yield events
            self.seen.append(await self.act())


@pytest.mark.parametrize("origin", ["ledgers", "broker"])
async def test_what_was_spoilt_is_as_it_was_after_a_replay(
    house: House, story: Story, origin: str
) -> None:
    if origin == "broker":
        await log_made_whole(house, reporting)
    before = await kept(house, story.tenant)
    await spoil(house, story.tenant)
    assert await kept(house, story.tenant) != before
    source: Source = Ledgers(HEARD) if origin == "ledgers" else BrokerLog(reporting, HEARD)
    done = await replay(reporting, source)
    assert await kept(house, story.tenant) == before
    healed = {"fact_lead", "fact_lead_history", "rollup_day", "rollup_week"}
    assert done.events >= 3
    assert {table.table for table in done.tables} == {*reporting.rebuilt, "rollup_week"}
    assert all(t.healed >= 2 for t in done.tables if t.table in healed)
    async with (await house.system("reporting")).system() as connection:
        assert await check(connection, story.tenant) == []


async def test_a_second_replay_heals_nothing(house: House, story: Story) -> None:
    await replay(reporting, Ledgers(HEARD))
    again = await replay(reporting, Ledgers(HEARD))
    assert [table.healed for table in again.tables] == [0] * len(again.tables)


async def test_who_reads_during_a_replay_sees_what_is_kept_and_never_a_part(
    house: House, login: Login, story: Story
) -> None:
    director = await login("reporting", "sales_director")

    async def read() -> Any:
        query = {"measure": "leads_created", **_YEAR}
        answer = await director.get("/v1/rollups", params=query)
        return [item["value"] for item in answer.json()["items"]]

    assert sum(await read()) == 2
    await spoil(house, story.tenant)
    spoilt_figure = await read()
    source = Watched(HEARD, read)
    await replay(reporting, source)
    assert source.seen
    assert all(seen == spoilt_figure for seen in source.seen)
    assert sum(await read()) == 2


async def test_what_comes_during_a_replay_is_there_after_it(
    house: House, login: Login, story: Story
) -> None:
    seller = await login("leads", "sales_manager")
    written: set[UUID] = set()

    async def write() -> None:
        if len(written) < 3:
            late = LeadCreate(company="Late", source="late")
            written.add((await seller(commands.create_lead, late)).id)

    await replay(reporting, Watched(HEARD, write))
    await house.caught_up("leads", "reporting")
    facts = (await kept(house, story.tenant))[1]
    assert written
    assert written <= {fact[1] for fact in facts}
    async with (await house.system("reporting")).system() as connection:
        assert await check(connection, story.tenant) == []


async def test_folds_wait_while_rows_are_put_in_place_and_nothing_is_parked(
    house: House, login: Login, story: Story
) -> None:
    seller = await login("leads", "sales_manager")
    count = "select count(*) from fact_lead where id = $1"
    async with connected(reporting) as connection:
        parked = await connection.fetchval("select count(*) from parked")
        async with connection.transaction():
            await stand_still(connection)
            lead = await seller(commands.create_lead, LeadCreate(company="Waits", source="web"))

            async def waits() -> bool:
                return bool(await connection.fetchval(_WAITS))

            await until(waits)
            assert await connection.fetchval(count, lead.id) == 0
        await house.caught_up("leads", "reporting")
        assert await connection.fetchval(count, lead.id) == 1
        assert await connection.fetchval("select count(*) from parked") == parked


async def test_one_replay_at_a_time(house: House, story: Story) -> None:
    async with connected(reporting) as connection:
        assert await only_replay(connection)
        with pytest.raises(LookupError, match="another replay of reporting"):
            await replay(reporting, Ledgers(HEARD))


async def test_events_that_cannot_be_folded_are_refused_and_the_others_are_not(
    house: House, story: Story
) -> None:
    class Poisoned(Ledgers):
        async def more(self) -> AsyncIterator[list[Wire]]:
            poison = wire(story.tenant, "lead", ids.new(), received_at=None)
            first = True
            async for events in super().more():
                yield [poison, *events] if first else events
                first = False

    before = await kept(house, story.tenant)
    done = await replay(reporting, Poisoned(HEARD))
    assert done.refused == 1
    assert await kept(house, story.tenant) == before


async def test_a_ledger_that_has_lost_an_event_is_no_source(house: House, story: Story) -> None:
    before = await kept(house, story.tenant)
    async with (await house.system("leads")).system() as connection:
        gone = "with gone as (delete from event where id = $1 returning *) select * from gone"
        (event,) = await connection.fetch(gone, story.events[1])
        try:
            with pytest.raises(LookupError, match="crm verify leads"):
                await replay(reporting, Ledgers(HEARD))
        finally:
            marks = ", ".join(f"${n}" for n in range(1, len(event) + 1))
            await connection.execute(f"insert into event values ({marks})", *event)
    assert await kept(house, story.tenant) == before


class Emptied(BrokerLog):
    """A log that has lost all there was before now."""

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        await self._client.seek_to_end(*self._slots)
        return self


class Holed(BrokerLog):
    """A log that has lost the first record of each partition, however often it was sent."""

    class Lost(Reached):
        def take(self, mark: Mark, previous: int, position: int) -> None:
            if previous:
                super().take(mark, previous, position)

    async def __aenter__(self) -> Self:
        self.reached = self.Lost()
        return await super().__aenter__()


def test_what_was_lost_and_sent_again_later_is_no_hole() -> None:
    reached, mark = Reached(), ("leads", "crm.lead.v1", 0)
    for previous, position in ((3, 5), (0, 1), (5, 9), (0, 1), (1, 3)):
        reached.take(mark, previous, position)
    reached.demand({mark: 9})
    with pytest.raises(LookupError, match="ends at 9, but 10 was applied"):
        reached.demand({mark: 10})
    reached.take(mark, 11, 12)
    with pytest.raises(LookupError, match="lost events"):
        reached.demand({mark: 9})


@pytest.mark.parametrize(
    ("log", "said"),
    [(Emptied, "ends at 0, but [0-9]+ was applied"), (Holed, "has lost events|ends at 0, but")],
)
async def test_a_broker_that_lost_events_is_no_source_and_nothing_is_taken_away(
    house: House, story: Story, log: type[BrokerLog], said: str
) -> None:
    before = await kept(house, story.tenant)
    with pytest.raises(LookupError, match=said):
        await replay(reporting, log(reporting, HEARD))
    assert await kept(house, story.tenant) == before


async def test_a_copy_that_lost_a_row_has_it_again(
    house: House, login: Login, story: Story
) -> None:
    await house.work("opportunities")
    seller = await login("leads", "sales_manager")
    account = await seller(accounts.create_account, AccountCreate(name="Copied"))
    await house.caught_up("leads", "opportunities")
    async with (await house.system("opportunities")).system() as connection:
        gone = await connection.execute("delete from account_copy where id = $1", account.id)
        console = Console(record=True, width=200)
        options = {"from_broker": False, "reactions": False}
        assert await print_replayed("opportunities", console, **options) == 0
        there = await connection.fetchval("select name from account_copy where id = $1", account.id)
    assert (gone, there) == ("DELETE 1", "Copied")
    assert "account_copy: " in console.export_text()


@pytest.mark.parametrize("service", services(), ids=lambda each: each.name)
def test_nothing_that_others_hold_numbers_of_is_rebuilt(service: Service) -> None:
    directory = {
        "directory_key",
        "directory_member",
        "directory_member_version",
        "directory_tenant",
        "directory_tenant_version",
    }
    also = {
        "contracts": {"account_copy", "deal_copy"},
        "forecast": {"deal", "deal_version"},
        "leads": {"deal_copy"},
        "opportunities": {"account_copy"},
    }
    if service.name != "reporting":
        assert set(service.rebuilt) == directory | also.get(service.name, set())
    assert {type(fold).__name__ for fold in rebuilding(service)}.isdisjoint(
        {"Append", "FanOut", "Trials", "LastUses"}
    )
