"""How far a consumer is behind the broker's log, and when it last looked."""

from aiokafka import AIOKafkaConsumer, TopicPartition
from prometheus_client import Gauge

from crmkit.kernel import clock
from crmkit.metrics import REGISTRY

BEHIND = Gauge(
    "crm_consumer_lag_records",
    "Records in the partitions of this process that it has not taken yet",
    ["service"],
    registry=REGISTRY,
)
TURN = Gauge(
    "crm_consumer_turn_timestamp_seconds",
    "When the consumer last went round: what it fetched is in the database",
    ["service"],
    registry=REGISTRY,
)


async def look(service: str, client: AIOKafkaConsumer) -> None:
    """At every partition, which costs more than most batches do: not after each of them."""
    await tell_lag(service, client)
    if anew := await begun_anew(client):
        await client.seek_to_beginning(*anew)


async def tell_lag(service: str, client: AIOKafkaConsumer) -> None:
    """A partition that has not been fetched from yet has no end that is known, and counts 0."""
    behind = 0
    for partition in client.assignment():
        end = client.highwater(partition)
        if end is not None:
            behind += max(0, end - await client.position(partition))
    BEHIND.labels(service).set(behind)
    TURN.labels(service).set(clock.now().timestamp())


async def begun_anew(client: AIOKafkaConsumer) -> list[TopicPartition]:
    """The partitions whose log ends before where the client stands.

    Apache Kafka says so by itself; the embedded broker has the client wait for what is past the end
    of a topic that was made anew.
    """
    found = []
    for partition in client.assignment():
        end = client.highwater(partition)
        if end is not None and end < await client.position(partition):
            found.append(partition)
    return found
