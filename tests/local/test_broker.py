import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from crmkit.local.broker import Broker

PARTITIONS = 6


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[Broker]:
    server = Broker(tmp_path)
    await server.start()
    yield server
    await server.stop()


async def create_topic(broker: Broker, topic: str) -> list[tuple[str, int]]:
    admin = AIOKafkaAdminClient(bootstrap_servers=broker.bootstrap)
    await admin.start()
    try:
        answer = await admin.create_topics([NewTopic(topic, PARTITIONS, 1)])
    finally:
        await admin.close()
    return [(name, code) for name, code, *_ in answer.topic_errors]


async def send(broker: Broker, topic: str, count: int) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=broker.bootstrap, acks="all")
    await producer.start()
    try:
        for number in range(count):
            await producer.send_and_wait(
                topic, b"%d" % number, key=b"%d" % number, partition=number % PARTITIONS
            )
    finally:
        await producer.stop()


async def receive(broker: Broker, topic: str, count: int) -> list[bytes]:
    consumer = AIOKafkaConsumer(bootstrap_servers=broker.bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    try:
        consumer.assign([TopicPartition(topic, number) for number in range(PARTITIONS)])
        values: list[bytes] = []
        while len(values) < count:
            for records in (await consumer.getmany(timeout_ms=1000)).values():
                values += [record.value for record in records]
    finally:
        await consumer.stop()
    return values


async def test_what_is_sent_to_six_partitions_is_received(broker: Broker) -> None:
    assert await create_topic(broker, "events") == [("events", 0)]
    await send(broker, "events", 12)
    assert sorted(await receive(broker, "events", 12), key=int) == [b"%d" % n for n in range(12)]


async def test_creating_a_topic_twice_is_answered_by_the_code_for_exists(broker: Broker) -> None:
    await create_topic(broker, "events")
    assert await create_topic(broker, "events") == [("events", 36)]


async def test_a_killed_broker_starts_again_at_the_same_address_and_empty(broker: Broker) -> None:
    address = broker.bootstrap
    await create_topic(broker, "events")
    assert broker.pid
    os.kill(broker.pid, signal.SIGKILL)
    await broker.wait()
    await broker.start()
    assert broker.bootstrap == address
    assert await create_topic(broker, "events") == [("events", 0)]


async def test_a_stopped_broker_starts_again(broker: Broker) -> None:
    await broker.stop()
    await broker.start()
    assert await create_topic(broker, "events") == [("events", 0)]
