"""Three nodes, three copies, and commands under way while nodes go and come back."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import pytest_asyncio

from crmkit.testing.brokers import Apache, apache_wanted
from tests.faults.load import Load
from tests.faults.oracle import judge
from tests.faults.stack import Stack, running_stack, staged
from tests.kafka.cluster import apache, leader_of, leads_nothing, setting, whole

pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.timeout(300)]

NODES = 3
RATE = 20
TOPIC = "crm.lead.v1"
BETWEEN = 15
"""Commands that are acknowledged between two faults."""

PUBLISHED = "select position from relay"
WRITTEN = "select (select max(position) from ledger) + (select count(*) from outbox)"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def stack() -> AsyncIterator[Stack]:
    if not apache_wanted():
        pytest.skip("about Apache Kafka: `make test-kafka` runs it")
    async with running_stack() as running:
        yield running


async def test_nothing_acknowledged_is_lost_whichever_node_goes(stack: Stack) -> None:
    kafka = apache(stack.broker, NODES)
    async with staged(stack, rate=RATE, seed=1) as stage:
        for fault in faults(stack, kafka, stage.load):
            await stage.load.acknowledge(BETWEEN)
            await fault()
        await stage.load.stop()
        assert (await judge(stage)).wrong == []


def faults(stack: Stack, kafka: Apache, load: Load) -> list[Callable[[], Awaitable[None]]]:
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
        await load.acknowledge(BETWEEN)
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
        await load.acknowledge(BETWEEN)
        published = await ask(stack, PUBLISHED)
        await load.acknowledge(BETWEEN)
        assert await ask(stack, PUBLISHED) == published < await ask(stack, WRITTEN)
        await asyncio.gather(*(kafka.restart(node) for node in gone))
        await whole(kafka, TOPIC)

    return [kill_a_leader, freeze_a_leader, have_a_leader_hand_over, kill_most_nodes]


async def ask(stack: Stack, sql: str) -> int:
    async with stack.database("leads") as connection:
        return int(await connection.fetchval(sql))


async def test_every_topic_has_three_copies_of_which_two_must_have_what_is_acknowledged(
    stack: Stack,
) -> None:
    kafka = apache(stack.broker, NODES)
    assert [len(each.copies) for each in await whole(kafka, TOPIC)] == [NODES] * 4
    assert await setting(kafka, TOPIC, "min.insync.replicas") == "2"
    assert await setting(kafka, TOPIC, "cleanup.policy") == "delete"
