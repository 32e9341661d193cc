"""From a command's statement to another service's tables, over a real broker."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from aiokafka import ConsumerRecord, TopicPartition

from crmkit.db.pool import Connection
from crmkit.events.envelope import Wire
from crmkit.messaging.broker import probe, producer
from crmkit.messaging.consumer import Consumer
from crmkit.messaging.ledger import GENESIS, chain
from crmkit.messaging.publisher import Publisher, envelope
from crmkit.messaging.taken import Taken
from crmkit.metrics import REGISTRY
from crmkit.testing.house import House, until
from crmkit.testing.plugin import Login
from crmkit.worker import end
from services.leads.lead import commands
from services.leads.lead.domain import Intent
from services.leads.lead.schemas import LeadCreate, LeadUpdate, QualifyLead


@dataclass
class Seen:
    """A fold that remembers what it was given; it fails on purpose for one company."""

    aggregates: frozenset[str] = frozenset({"lead"})
    events: list[Wire] = field(default_factory=list)
    transactions: set[str] = field(default_factory=set)

    async def apply(self, connection: Connection, events: Sequence[Wire]) -> None:
        if any(event.body().state["company"] == "Poison" for event in events):
            raise ValueError("poison")
        self.transactions.add(await connection.fetchval("select pg_current_xact_id()::text"))
        self.events += events

    def of(self, aggregate_id: UUID) -> list[Wire]:
        return [event for event in self.events if event.subject == aggregate_id]


HEARS = "forecast"


@dataclass
class Listener:
    """A consumer of leads' events, in the database of a service that hears none of them: two
    consumers of one database would share their watermarks."""

    consumer: Consumer
    task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self.task = asyncio.create_task(self.consumer.run())

    async def stop(self) -> None:
        if self.task:
            await end([self.task])


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def seen() -> Seen:
    return Seen()


async def listening(house: House, seen: Seen) -> Listener:
    """Not started yet."""
    return Listener(
        Consumer(
            "test_listener",
            house.settings(HEARS),
            await house.system(HEARS),
            await house.executor(HEARS),
            folds=[seen],
            reactions=[],
        )
    )


@pytest_asyncio.fixture(scope="module", loop_scope="session", autouse=True)
async def listener(house: House, seen: Seen) -> AsyncIterator[Listener]:
    await house.work("leads")
    running = await listening(house, seen)
    running.start()
    yield running
    await running.stop()


async def test_events_of_one_lead_arrive_in_order_with_state_and_changes(
    login: Login, seen: Seen
) -> None:
    seller = await login("leads", "sales_manager")
    lead = await seller(commands.create_lead, LeadCreate(company="ACME", source="web"))
    await seller(commands.qualify_lead, lead.id, QualifyLead(intent=Intent.A))

    async def arrived() -> bool:
        return len(seen.of(lead.id)) == 2

    await until(arrived)
    created, qualified = seen.of(lead.id)
    assert (created.type, created.aggregateversion) == ("lead.created.v1", 1)
    assert (qualified.type, qualified.aggregateversion) == ("lead.qualified.v1", 2)
    assert qualified.body().changed["status"] == ("new", "qualified")
    assert qualified.event().state.company == "ACME"
    assert qualified.position > created.position


async def test_what_starts_nothing_moves_its_watermark_together_with_its_folds(
    house: House, login: Login, seen: Seen
) -> None:
    seller = await login("leads", "sales_manager")
    lead = await seller(commands.create_lead, LeadCreate(company="ACME", source="web"))
    moved = "select from watermark where position >= $1 and xmin::text = any($2) limit 1"

    async def is_moved() -> bool:
        async with (await house.system(HEARS)).system() as connection:
            told = [each.position for each in seen.of(lead.id)]
            return bool(told and await connection.fetch(moved, told[0], list(seen.transactions)))

    await until(is_moved)


async def test_a_poison_event_is_parked_and_others_go_on(
    house: House, login: Login, seen: Seen
) -> None:
    seller = await login("leads", "sales_manager")
    bad = await seller(commands.create_lead, LeadCreate(company="Poison", source="web"))
    good = await seller(commands.create_lead, LeadCreate(company="Cure", source="web"))

    async def arrived() -> bool:
        return len(seen.of(good.id)) == 1

    await until(arrived)
    system = await house.system(HEARS)

    async def parked() -> list[str]:
        async with system.system() as connection:
            rows = await connection.fetch(
                "select error from parked where tenant_id = $1", seller.actor.tenant_id
            )
        return [row["error"] for row in rows]

    async def is_parked() -> bool:
        return bool(await parked())  # another partition, so it may come after the good one

    await until(is_parked)
    assert await parked() == ["ValueError('poison')"]
    assert seen.of(bad.id) == []


async def test_the_ledger_is_gap_free_and_chained(house: House, login: Login, seen: Seen) -> None:
    seller = await login("leads", "sales_manager")
    lead = await seller(commands.create_lead, LeadCreate(company="Chained", source="web"))

    async def arrived() -> bool:
        return len(seen.of(lead.id)) == 1

    await until(arrived)
    system = await house.system("leads")
    async with system.system() as connection:
        rows = await connection.fetch(
            "select l.position, l.event_id, l.hash, l.head, e.digest from ledger l"
            " join event e on e.tenant_id = l.tenant_id and e.id = l.event_id order by 1"
        )
    previous: bytes = GENESIS
    for number, row in enumerate(rows, 1):
        assert row["position"] == number
        previous = chain(previous, number, row["event_id"], row["digest"], row["head"])
        assert row["hash"] == previous


async def test_many_events_of_one_partition_are_no_reset(
    house: House, login: Login, seen: Seen
) -> None:
    seller = await login("leads", "sales_manager")
    rows = [{"data": {"company": f"C{n}", "source": "web"}} for n in range(60)]
    await seller.post("/v1/leads/batch", json={"rows": rows})
    system = await house.system("leads")

    async def published() -> bool:
        async with system.system() as connection:
            told = "select position = (select max(position) from ledger) from relay"
            waits = await connection.fetchval("select exists (select from outbox)")
            return not waits and bool(await connection.fetchval(told))

    await until(published)
    looker = probe(house.settings("leads"), "test.probe")
    sender = producer(house.settings("leads"), "test.relay")
    await looker.start()
    await sender.start()
    try:
        await Publisher("leads", system, sender).check_log(looker)
    finally:
        await sender.stop()
        await looker.stop()


async def test_what_is_published_again_is_not_applied_again(
    house: House, login: Login, seen: Seen
) -> None:
    seller = await login("leads", "sales_manager")
    lead = await seller(commands.create_lead, LeadCreate(company="Once", source="web"))

    async def arrived(lead_id: UUID) -> bool:
        return bool(seen.of(lead_id))

    await until(lambda: arrived(lead.id))
    async with (await house.system("leads")).system() as connection:
        await connection.execute("update relay set position = greatest(position - 200, 0)")

    rows = [{"data": {"company": f"Later {n}", "source": "web"}} for n in range(40)]
    answer = await seller.post("/v1/leads/batch", json={"rows": rows})
    later = [UUID(row["id"]) for row in answer.json()["rows"]]  # some of them in each partition

    async def all_arrived() -> bool:
        return all([await arrived(each) for each in later])

    await until(all_arrived)
    assert len(seen.of(lead.id)) == 1


async def test_a_partition_taken_over_from_another_worker_is_not_read_again(
    login: Login, seen: Seen, listener: Listener
) -> None:
    seller = await login("leads", "sales_manager")
    for company in ("First", "Second", "Third"):
        await seller(commands.create_lead, LeadCreate(company=company, source="web"))
    last = await seller(commands.create_lead, LeadCreate(company="Last", source="web"))

    async def arrived(lead_id: UUID) -> bool:
        return bool(seen.of(lead_id))

    await until(lambda: arrived(last.id))
    gaps = REGISTRY.get_sample_value("crm_consumer_gaps_total", {"service": "test_listener"})
    listener.consumer._marks.clear()  # what this worker knew is older than what another did since
    for company in ("Fourth", "Fifth", "Sixth", "Seventh"):
        last = await seller(commands.create_lead, LeadCreate(company=company, source="web"))
    await until(lambda: arrived(last.id))
    now = REGISTRY.get_sample_value("crm_consumer_gaps_total", {"service": "test_listener"})
    assert now == gaps


async def test_a_partition_whose_mark_was_forgotten_is_read_again_though_nothing_new_comes(
    house: House, login: Login, seen: Seen, listener: Listener
) -> None:
    seller = await login("leads", "sales_manager")
    lead = await seller(commands.create_lead, LeadCreate(company="Old", source="web"))

    async def arrived() -> bool:
        return len(seen.of(lead.id)) > 0

    await until(arrived)
    await listener.stop()
    async with (await house.system(HEARS)).system() as connection:
        await connection.execute("delete from watermark where topic = 'crm.lead.v1'")
    seen.events.clear()
    listener.start()
    await until(arrived)


HOLDERS = """
select pid from pg_locks where locktype = 'advisory' and granted
  and database = (select oid from pg_database where datname = current_database())
  and objid::bigint = hashtext('crm.relay')::bigint & 4294967295
"""


async def test_a_relay_that_lost_its_session_takes_its_lock_again(house: House) -> None:
    system = await house.system("leads")

    async def holders() -> set[int]:
        async with system.system() as connection:
            return {row["pid"] for row in await connection.fetch(HOLDERS)}

    async def held() -> bool:
        return bool(await holders())

    await until(held)
    (before,) = await holders()
    async with system.system() as connection:
        await connection.execute("select pg_terminate_backend($1)", before)

    async def held_by_another() -> bool:
        return bool(await holders() - {before})

    await until(held_by_another)


async def test_what_a_lost_broker_log_held_unread_is_sent_again(
    house: House, login: Login, seen: Seen, listener: Listener
) -> None:
    seller = await login("leads", "sales_manager")
    await listener.stop()
    lost = await seller(commands.create_lead, LeadCreate(company="Lost", source="web"))

    async def published() -> bool:
        async with (await house.system("leads")).system() as connection:
            return bool(
                await connection.fetchval(
                    "select r.position >= l.position from relay r, ledger l where event_id ="
                    " (select id from event where aggregate_id = $1)",
                    lost.id,
                )
            )

    await until(published)
    await house.broker.lose_log()
    after = await seller(commands.create_lead, LeadCreate(company="After", source="web"))
    listener.start()

    async def has_both() -> bool:
        return bool(seen.of(lost.id)) and bool(seen.of(after.id))

    await until(has_both, 60)


STORY = """
select l.position, e.* from event e join ledger l on l.tenant_id = e.tenant_id and l.event_id = e.id
where e.aggregate_id = $1 order by e.version
"""
PARTITION = TopicPartition("crm.lead.v1", 0)


async def told_by_a_new_log(house: House, login: Login, seen: Seen) -> tuple[list[int], list[int]]:
    """Versions as they are in a log that begins with the last, which the relay had sent before it
    saw that the log was new, and as a consumer takes them that had heard of the first alone."""
    seller = await login("leads", "sales_manager")
    lead = await seller(commands.create_lead, LeadCreate(company="Anew", source="web"))
    for company in ("Anew Ltd", "Anew Inc"):
        await seller(commands.update_lead, lead.id, LeadUpdate(company=company))

    async def arrived() -> bool:
        return len(seen.of(lead.id)) == 3

    await until(arrived)
    async with (await house.system("leads")).system() as connection:
        story = await connection.fetch(STORY, lead.id)
    before = dict(zip(story, (0, *(row["position"] for row in story)), strict=False))
    log = [story[-1], *story]
    records: list[ConsumerRecord[Any, Any]] = [
        ConsumerRecord(
            *PARTITION, at, 0, 0, None, envelope("leads", row, before[row]), None, -1, 0, ()
        )
        for at, row in enumerate(log)
    ]
    reader = (await listening(house, seen)).consumer
    reader._marks["leads", *PARTITION] = story[0]["position"]
    taken = await reader._fresh(PARTITION, records, {})
    return [row["version"] for row in log], [event.aggregateversion for _, event in taken]


async def test_what_a_new_log_begins_with_is_taken_after_what_comes_before_it(
    house: House, login: Login, seen: Seen
) -> None:
    assert await told_by_a_new_log(house, login, seen) == ([3, 1, 2, 3], [2, 3])


async def test_without_a_look_at_what_is_ahead_the_last_change_is_told_first(
    house: House, login: Login, seen: Seen, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control."""
    monkeypatch.setattr(Taken, "is_ahead", lambda *_, gap: False)
    _, told = await told_by_a_new_log(house, login, seen)
    assert told != sorted(set(told))
