"""What the installation lacks is no event's fault: a consumer waits for it, and says so."""

from collections.abc import Sequence
from dataclasses import dataclass

import asyncpg
import httpx
import pytest
from structlog.testing import capture_logs

from crmkit import metrics
from crmkit.db.failures import has_to_wait, is_away, is_lacking
from crmkit.db.pool import Connection
from crmkit.events.envelope import Wire
from crmkit.kernel import ids
from crmkit.local.ports import free_port
from crmkit.messaging import consumer, pace
from crmkit.messaging.pace import FEWEST, MOST, Pace
from crmkit.metrics import REGISTRY
from crmkit.testing.house import House, until
from crmkit.testing.plugin import Login
from services.leads.lead import commands
from services.leads.lead.schemas import LeadCreate
from tests.crmkit.messaging.test_pipeline import HEARS, Seen, listening
from tests.faults.processes import UNPUBLISHED

_TABLE = "custom_value_of_a_test"
_MAKE = f"create table {_TABLE} (note text); grant select on {_TABLE} to crm_{HEARS}_system"
PARKED = "select count(*) from parked where tenant_id = $1"


@dataclass
class Reader(Seen):
    """A fold that needs a table with a column, and may read it."""

    async def apply(self, connection: Connection, events: Sequence[Wire]) -> None:
        await connection.fetch(f"select note from {_TABLE}")
        await super().apply(connection, events)


@pytest.mark.parametrize(
    ("take", "give"),
    [
        ("revoke select on {} from {}", "grant select on {} to {}"),
        ("alter table {} rename to gone", "alter table gone rename to {}"),
        ("alter table {} rename note to gone", "alter table {} rename gone to note"),
    ],
    ids=["privilege", "table", "column"],
)
async def test_a_consumer_waits_for_what_is_lacking_and_parks_nothing(
    house: House, login: Login, take: str, give: str
) -> None:
    await house.work("leads")
    named = _TABLE, f"crm_{HEARS}_system"
    owner = await asyncpg.connect(house.settings(HEARS).dsn(HEARS, "owner"))
    await owner.execute(_MAKE)
    seen = Reader()
    listener = await listening(house, seen)
    try:
        await owner.execute(take.format(*named))
        seller = await login("leads", "sales_manager")
        with capture_logs() as logged:
            lead = await seller(commands.create_lead, LeadCreate(company="ACME", source="web"))
            listener.start()
            await until(_is_lacking)
        assert "consumer.lacks" in {line["event"] for line in logged}
        assert metrics.hindrances.keys() == {"test_listener"}
        assert await _readiness() == (503, "lacking: test_listener\n")
        assert await owner.fetchval(PARKED, seller.actor.tenant_id) == 0
        assert seen.events == []
        await owner.execute(give.format(*named))

        async def arrived() -> bool:
            return len(seen.of(lead.id)) == 1 and not await _is_lacking()

        await until(arrived)
        assert await _readiness() == (200, "ready\n")
    finally:
        await listener.stop()
        await owner.execute(f"drop table if exists {_TABLE}, gone")
        await owner.close()


async def test_without_waiting_what_is_lacking_is_taken_for_the_events_fault(
    house: House, login: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: an event is parked, for good."""
    monkeypatch.setattr(consumer, "has_to_wait", is_away)
    await house.work("leads")
    listener = await listening(house, Reader())  # nobody has made its table
    owner = await asyncpg.connect(house.settings(HEARS).dsn(HEARS, "owner"))
    seller = await login("leads", "sales_manager")
    await seller(commands.create_lead, LeadCreate(company="ACME", source="web"))

    async def parked() -> bool:
        return bool(await owner.fetchval(PARKED, seller.actor.tenant_id))

    listener.start()
    try:
        await until(parked)
    finally:
        await listener.stop()
        await owner.close()


async def _is_lacking() -> bool:
    return REGISTRY.get_sample_value("crm_consumer_lacking", {"service": "test_listener"}) == 1


async def _readiness() -> tuple[int, str]:
    port = free_port()
    metrics.serve(port, "127.0.0.1")
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        assert "crm_consumer_lacking" in (await client.get("/metrics")).text
        answer = await client.get("/readyz")
    return answer.status_code, answer.text


async def test_a_row_that_may_not_be_written_is_the_fault_of_the_row(house: House) -> None:
    database = (await house.executor(HEARS)).database
    foreign = "insert into target (tenant_id) values ($1)"
    with pytest.raises(asyncpg.InsufficientPrivilegeError) as refused:
        async with database.lend(ids.new()) as connection:
            await connection.execute(foreign, ids.new())
    assert not has_to_wait(refused.value)
    with pytest.raises(asyncpg.InsufficientPrivilegeError) as denied:
        async with database.lend(ids.new()) as connection:
            await connection.execute("delete from event")
    assert is_lacking(denied.value)
    assert not is_away(denied.value)


def test_a_turn_that_failed_comes_again_in_smaller_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    pace_ = Pace("test_pace")
    pauses = [pace_.failed(TimeoutError()) for _ in range(12)]
    assert (pauses[0], pauses[-1]) == (2 * pace.SHORTEST, pace.LONGEST)
    assert pace_.most == FEWEST
    pace_.begin()
    pace_.took(FEWEST - 1)
    assert pace_.most == FEWEST
    for _ in range(12):
        pace_.begin()
        pace_.took(pace_.most)
    assert pace_.most == MOST
    pace_.failed(TimeoutError())
    monkeypatch.setattr(pace, "_QUICK_SECONDS", 0)
    pace_.begin()
    pace_.took(pace_.most)
    assert pace_.most == MOST // 2


@dataclass
class Slow(Seen):
    """A fold whose time is up when it is given more than a few events."""

    async def apply(self, connection: Connection, events: Sequence[Wire]) -> None:
        if len(events) > FEWEST:
            raise TimeoutError
        await super().apply(connection, events)


async def test_more_than_can_be_done_in_a_turn_is_done_in_several(
    house: House, login: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pace, "_QUICK_SECONDS", 0)
    await house.work("leads")
    seller = await login("leads", "sales_manager")
    new = [LeadCreate(company=f"Many {number}", source="web") for number in range(60)]
    leads = [await seller(commands.create_lead, each) for each in new]
    leads_database = await house.system("leads")

    async def published() -> bool:
        async with leads_database.system() as connection:
            return bool(await connection.fetchval(UNPUBLISHED) == 0)

    await until(published)
    seen = Slow()
    listener = await listening(house, seen)
    listener.consumer._pace.most = 4 * FEWEST
    listener.start()

    async def arrived() -> bool:
        return {each.subject for each in seen.events} >= {lead.id for lead in leads}

    try:
        await until(arrived, 90)
    finally:
        await listener.stop()
    assert listener.consumer._pace.most == FEWEST
