"""Three nodes, three copies, and commands under way while nodes go and come back."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import pytest_asyncio

from crmkit.kernel import ids
from crmkit.testing.brokers import Apache, apache_wanted
from tests.e2e.fleet import Fleet, running_fleet
from tests.e2e.load import Load, check_ledger, check_rollups, check_rows, check_webhooks
from tests.e2e.receiver import receiving
from tests.kafka.cluster import apache, leader_of, leads_nothing, partitions, setting, whole

pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.timeout(300)]

NODES = 3
TOPIC = "crm.lead.v1"
BETWEEN = 15
"""Commands that are acknowledged between two faults."""

PUBLISHED = "select position from relay"
WRITTEN = "select max(position) from ledger"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def fleet() -> AsyncIterator[Fleet]:
    if not apache_wanted():
        pytest.skip("about Apache Kafka: `make test-kafka` runs it")
    async with running_fleet("leads", "reporting", "webhooks") as running:
        yield running


async def test_nothing_acknowledged_is_lost_whichever_node_goes(fleet: Fleet) -> None:
    kafka = apache(fleet.broker, NODES)
    tenant = ids.new()
    admin = fleet.person(tenant, "admin")
    load = Load(admin)
    async with receiving() as receiver:
        partner = {"name": "partner", "url": receiver.url, "types": ["lead.*"]}
        await admin.ask("webhooks", "POST", "/v1/webhook-endpoints", json=partner)
        running = asyncio.create_task(load.run())
        for fault in faults(fleet, kafka, load):
            await load.reached(len(load.acknowledged) + BETWEEN)
            await fault()
        load.enough()
        await running
        await fleet.settle(admin)
        assert await fleet.parked() == []
        await check_rows(fleet, tenant, load)
        await check_ledger(fleet)
        await check_rollups(fleet, tenant, admin)
        await check_webhooks(fleet, tenant, receiver)


def faults(fleet: Fleet, kafka: Apache, load: Load) -> list[Callable[[], Awaitable[None]]]:
    """Each takes leaders from a node, and is over when it leads them again."""

    async def kill_a_leader() -> None:
        node = await leader_of(kafka, TOPIC)
        await node.kill()
        await leads_nothing(kafka, TOPIC, node)
        await kafka.restart(node)
        await whole(kafka, TOPIC)

    async def freeze_a_leader() -> None:
        node = await leader_of(kafka, TOPIC)
        node.freeze()
        await leads_nothing(kafka, TOPIC, node)
        await load.reached(len(load.acknowledged) + BETWEEN)
        node.thaw()
        await whole(kafka, TOPIC)

    async def have_a_leader_hand_over() -> None:
        node = await leader_of(kafka, TOPIC)
        await node.stop()
        await leads_nothing(kafka, TOPIC, node)
        await kafka.restart(node)
        await whole(kafka, TOPIC)

    async def kill_most_nodes() -> None:
        gone = kafka.nodes[:2]
        await asyncio.gather(*(node.kill() for node in gone))
        await load.reached(len(load.acknowledged) + BETWEEN)
        published = await ask(fleet, PUBLISHED)
        await load.reached(len(load.acknowledged) + BETWEEN)
        assert await ask(fleet, PUBLISHED) == published < await ask(fleet, WRITTEN)
        await asyncio.gather(*(kafka.restart(node) for node in gone))
        await whole(kafka, TOPIC)

    return [kill_a_leader, freeze_a_leader, have_a_leader_hand_over, kill_most_nodes]


async def ask(fleet: Fleet, sql: str) -> int:
    async with fleet.database("leads") as connection:
        return int(await connection.fetchval(sql))


async def test_every_topic_has_three_copies_of_which_two_must_have_what_is_acknowledged(
    fleet: Fleet,
) -> None:
    kafka = apache(fleet.broker, NODES)
    found = await partitions(kafka, TOPIC)
    assert [len(each.copies) for each in found] == [NODES] * 4
    assert await setting(kafka, TOPIC, "min.insync.replicas") == "2"
    assert await setting(kafka, TOPIC, "cleanup.policy") == "delete"
