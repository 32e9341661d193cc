"""Clients of the broker, with every default that matters set (reliability rules 11 and 12)."""

from collections.abc import Iterable

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import TopicAlreadyExistsError, for_code

from crmkit.messaging.ending import whole
from crmkit.settings import Settings


def producer(settings: Settings, name: str) -> AIOKafkaProducer:
    """Not idempotent: it never expires a batch and hangs with the broker (aiokafka #1101)."""
    return AIOKafkaProducer(
        bootstrap_servers=settings.kafka,
        client_id=name,
        acks="all",
        enable_idempotence=False,
        linger_ms=0,
        max_batch_size=1_000_000,
        max_request_size=8_000_000,
        request_timeout_ms=5000,
        retry_backoff_ms=200,
    )


def consumer(settings: Settings, group: str) -> AIOKafkaConsumer:
    """Offsets are committed by hand, after the database."""
    return AIOKafkaConsumer(
        bootstrap_servers=settings.kafka,
        client_id=group,
        group_id=group,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        isolation_level="read_uncommitted",
        session_timeout_ms=6000,
        heartbeat_interval_ms=1500,
        max_poll_interval_ms=60000,
        rebalance_timeout_ms=15000,
        request_timeout_ms=10000,
        fetch_max_wait_ms=settings.kafka_fetch_wait_ms,
        fetch_max_bytes=8 * 1024 * 1024,
        max_partition_fetch_bytes=1024 * 1024,
        metadata_max_age_ms=5000,
    )


def probe(settings: Settings, name: str) -> AIOKafkaConsumer:
    """A client of no group, to ask how long the log is, and what is in it."""
    return AIOKafkaConsumer(
        bootstrap_servers=settings.kafka,
        client_id=name,
        auto_offset_reset="earliest",
        request_timeout_ms=5000,
        metadata_max_age_ms=5000,
    )


async def ensure_topics(settings: Settings, names: Iterable[str]) -> None:
    """Create the topics that are not there yet, each with the settings' partitions.

    Consumers ask for it too: aiokafka's does not start while one of its topics is not there.
    """
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.kafka, request_timeout_ms=5000)
    try:
        await whole(admin.start())
        there = set(await admin.list_topics())
        wanted = [
            NewTopic(
                name,
                settings.kafka_partitions,
                settings.kafka_replication,
                topic_configs=_lasting(settings.kafka_replication),
            )
            for name in sorted(set(names) - there)
        ]
        if wanted:
            answer = await admin.create_topics(wanted)
            _raise_failed(answer.topic_errors)
    finally:
        await admin.close()


async def slots_of(settings: Settings, topics: Iterable[str]) -> list[TopicPartition]:
    """The partitions of those of the topics that are there.

    A consumer cannot tell: aiokafka's knows no topic until its first update of metadata, and says
    of each that it has no partitions until then.
    """
    client = AIOKafkaClient(bootstrap_servers=settings.kafka, request_timeout_ms=5000)
    try:
        await whole(client.bootstrap())
        cluster = await whole(client.fetch_all_metadata())
    finally:
        await client.close()
    return [
        TopicPartition(name, partition)
        for name in sorted(topics)
        for partition in sorted(cluster.partitions_for_topic(name) or ())
    ]


def _lasting(copies: int) -> dict[str, str]:
    """An ack means that all but one of the copies have it; only age removes what is in the log."""
    return {"min.insync.replicas": str(max(1, copies - 1)), "cleanup.policy": "delete"}


def _raise_failed(errors: Iterable[tuple[str, int, str | None]]) -> None:
    for name, code, *_ in errors:
        error = for_code(code)
        if code and error is not TopicAlreadyExistsError:
            raise error(name)
