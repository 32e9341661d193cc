"""What Apache Kafka does to a log by itself, and the embedded broker never does."""

import asyncio
from uuid import UUID

import pytest
from aiokafka.admin import RecordsToDelete
from aiokafka.errors import UnknownTopicOrPartitionError

from crmkit.messaging.broker import probe, producer, slots_of
from crmkit.messaging.consumer import Consumer
from crmkit.testing.house import House, until
from crmkit.testing.plugin import Login
from crmkit.worker import end
from services.leads.lead import commands
from services.leads.lead.schemas import LeadCreate
from tests.crmkit.messaging.test_pipeline import Seen
from tests.kafka.cluster import administering, apache

pytestmark = pytest.mark.kafka

TOPIC = "crm.lead.v1"
COVERED = """
select p.position = w.position from published p
left join watermark w on (w.topic, w.partition, w.producer) = (p.topic, p.partition, 'leads')
where p.topic = 'crm.lead.v1'
"""
TOLD = """
select not exists (select from outbox)
  and (select position from relay) = (select max(position) from ledger)
"""


async def holds(house: House, sql: str) -> bool:
    async with (await house.system("leads")).system() as connection:
        return all(row[0] for row in await connection.fetch(sql))


async def forget(house: House) -> None:
    """Have the cluster drop all that is in the leads' log, as it does with what is old."""
    async with administering(apache(house.broker)) as admin:
        looker = probe(house.settings("leads"), "test.probe")
        slots = await slots_of(house.settings("leads"), [TOPIC])
        await looker.start()
        try:
            ends = await looker.end_offsets(slots)
        finally:
            await looker.stop()
        assert any(ends.values())
        await admin.delete_records({slot: RecordsToDelete(end) for slot, end in ends.items()})


async def test_a_consumer_goes_on_over_what_the_cluster_has_dropped_for_its_age(
    house: House, login: Login
) -> None:
    apache(house.broker)
    await house.work("leads")
    seller = await login("leads", "sales_manager")

    async def create(company: str, count: int) -> list[UUID]:
        rows = [{"data": {"company": company, "source": "web"}} for _ in range(count)]
        answer = await seller.post("/v1/leads/batch", json={"rows": rows})
        return [UUID(row["id"]) for row in answer.json()["rows"]]

    await create("Dropped", 40)
    await until(lambda: holds(house, TOLD))
    await forget(house)
    kept = await create("Kept", 40)
    seen = Seen()
    consumer = Consumer(
        "test_late",
        house.settings("forecast"),
        await house.system("forecast"),
        await house.executor("forecast"),
        folds=[seen],
        reactions=[],
    )

    async def all_kept() -> bool:
        return {event.subject for event in seen.events} >= set(kept)

    task = asyncio.create_task(consumer.run())
    try:
        await until(all_kept)
        await until(lambda: holds(house, COVERED))
    finally:
        await end([task])
    assert "Dropped" not in {event.body().state["company"] for event in seen.events}


async def test_no_client_makes_a_topic_by_asking_for_it(house: House) -> None:
    apache(house.broker)
    await house.work("leads")
    sender = producer(house.settings("leads"), "test.sender")
    await sender.start()
    try:
        with pytest.raises(UnknownTopicOrPartitionError):
            await sender.partitions_for("crm.nobody.v1")
    finally:
        await sender.stop()


async def test_a_lead_is_told_after_its_topic_was_made_anew(house: House, login: Login) -> None:
    apache(house.broker)
    await house.work("leads", "reporting")
    await house.broker.lose_log()
    seller = await login("leads", "sales_manager")
    await seller(commands.create_lead, LeadCreate(company="Anew", source="web"))
    await house.caught_up("leads", "reporting")
