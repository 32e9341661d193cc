"""What a cluster of Apache Kafka says of itself."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError

from crmkit.local.kafka import Kafka, Node
from crmkit.testing.brokers import Apache, TriedBroker
from crmkit.testing.house import until


@dataclass(frozen=True)
class Partition:
    """Numbers of nodes; the first of `copies` is the one that should lead."""

    leader: int
    copies: list[int]
    insync: list[int]


def apache(broker: TriedBroker, nodes: int = 1) -> Apache:
    """The broker, if it is Apache Kafka of so many nodes; the test is skipped if it is not."""
    if not isinstance(broker, Apache):
        pytest.skip("about Apache Kafka: `make test-kafka` runs it")
    if len(broker.nodes) < nodes:
        pytest.skip(f"takes {nodes} nodes: `make test-kafka NODES={nodes}`")
    return broker


@asynccontextmanager
async def administering(kafka: Kafka) -> AsyncIterator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap, request_timeout_ms=3000)
    await admin.start()
    try:
        yield admin
    finally:
        await admin.close()


async def partitions(kafka: Kafka, topic: str) -> list[Partition]:
    """As a node that answers knows them; none while the cluster cannot tell."""
    try:
        async with administering(kafka) as admin:
            (described,) = await admin.describe_topics([topic])
    except KafkaError:
        return []
    return [
        Partition(found["leader"], found["replicas"], found["isr"])
        for found in described["partitions"]
    ]


async def leader_of(kafka: Kafka, topic: str) -> Node:
    """The node that leads the topic's first partition."""
    found = (await partitions(kafka, topic))[0]
    return next(node for node in kafka.nodes if node.number == found.leader)


async def leads_nothing(kafka: Kafka, topic: str, node: Node) -> None:
    """Wait until others lead all the node has led."""

    async def moved() -> bool:
        found = await partitions(kafka, topic)
        return bool(found) and all(each.leader not in {node.number, -1} for each in found)

    await until(moved)


async def whole(kafka: Kafka, topic: str) -> list[Partition]:
    """Wait until every copy is in step again, and led by the node that should; which they are, for
    another node may not have heard of a new topic yet."""
    found: list[Partition] = []

    async def restored() -> bool:
        found[:] = await partitions(kafka, topic)
        return bool(found) and all(
            len(each.insync) == len(each.copies) and each.leader == each.copies[0] for each in found
        )

    await until(restored, 60)
    return found


async def setting(kafka: Kafka, topic: str, name: str) -> str:
    """What holds for the topic, whoever set it; waits for a node that has heard of it."""
    asked = ConfigResource(ConfigResourceType.TOPIC, topic, {name: None})
    held: dict[str, str] = {}

    async def told() -> bool:
        async with administering(kafka) as admin:
            (answer,) = await admin.describe_configs([asked])
        ((*_, entries),) = answer.resources
        held.update((entry[0], str(entry[1])) for entry in entries)
        return name in held

    await until(told)
    return held[name]
