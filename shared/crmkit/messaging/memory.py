"""Whether a service still knows all that it has told.

A database that is put back to an older state has forgotten events that others have heard, and would
give their places to other events, which listeners take for old ones. The broker's log says so: what
it holds past the last acknowledgement that the database knows of must be in the ledger.
"""

import asyncio
import time
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Awaitable,
    Callable,
    Collection,
    Sequence,
)
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaTimeoutError, UnknownTopicOrPartitionError

from crmkit.db.pool import Connection, Database
from crmkit.events.envelope import Unreadable, Wire, read
from crmkit.messaging.broker import ensure_topics, probe, slots_of
from crmkit.messaging.ending import stop, whole
from crmkit.settings import Settings

PAGE = 2000
MOVES_WITHIN = 15.0
"""Seconds that a log which has not ended may be read without a step."""

Alive = Callable[[], Awaitable[None]]
"""Raises where the lock that the reader works under is gone; asking keeps it."""

Batches = dict[TopicPartition, list[ConsumerRecord[Any, Any]]]
_ACKED = "select topic, partition, broker_offset from published"
_KNOWN = "select position, event_id from ledger where position = any($1)"
_NOTE = "update relay set forgotten = $1 where forgotten is distinct from $1"
_REMEMBERS = "select forgotten is null from relay"


class Forgotten(Exception):
    """The log holds events up to `position` that the ledger does not: nothing may be told."""

    def __init__(self, position: int, count: int) -> None:
        super().__init__(f"{count} events, up to position {position}, were told and are forgotten")
        self.position = position


async def demand_memory(
    service: str, database: Database, settings: Settings, topics: Collection[str], alive: Alive
) -> None:
    """Forgotten where the log holds what the ledger does not; either way the database says so."""
    position = count = 0
    async for events in unknown_events(service, database, settings, topics, alive):
        position = max(position, *(event.position for event in events))
        count += len(events)
    async with database.system() as connection:
        await connection.execute(_NOTE, position or None)
    if count:
        raise Forgotten(position, count)


async def remembers(connection: Connection) -> bool:
    """What the relay found when it last looked."""
    return bool(await connection.fetchval(_REMEMBERS))


async def unknown_events(
    service: str, database: Database, settings: Settings, topics: Collection[str], alive: Alive
) -> AsyncGenerator[list[Wire], None]:
    """What the log holds past what was acknowledged and the ledger does not know, in pages.

    KafkaError where a topic cannot be read: what is not seen proves nothing.
    """
    async with database.system() as connection:
        acked = {
            TopicPartition(row["topic"], row["partition"]): row["broker_offset"]
            for row in await connection.fetch(_ACKED)
        }
    await ensure_topics(settings, topics)
    slots = await slots_of(settings, topics)
    if unseen := set(topics).difference(slot.topic for slot in slots):
        raise UnknownTopicOrPartitionError(", ".join(sorted(unseen)))
    client = probe(settings, f"{service}.memory")
    try:
        await whole(client.start())
        client.assign(slots)
        firsts = await client.beginning_offsets(slots)
        for slot in slots:
            client.seek(slot, max(firsts[slot], acked.get(slot, 0)))
        async for batches in up_to_end(client, slots):
            told = [event for _, event in readable(batches) if event.producer == service]
            if unknown := await _unknown(database, told):
                yield unknown
            await alive()
    finally:
        await stop(client)


async def up_to_end(
    client: AIOKafkaConsumer, slots: Sequence[TopicPartition]
) -> AsyncIterator[Batches]:
    """Assigned partitions from where the client stands to where they end at the call.

    KafkaTimeoutError where it comes no further for 15 s; what readers do with a page counts not.
    """
    ends = await client.end_offsets(slots)
    waited, reached = 0.0, await _positions(client, slots)
    while any(reached[slot] < ends[slot] for slot in slots):
        asked, before = time.monotonic(), reached
        batches = await client.getmany(timeout_ms=200, max_records=PAGE)
        reached = await _positions(client, slots)
        waited = waited + time.monotonic() - asked if reached == before else 0.0
        if waited > MOVES_WITHIN:
            raise KafkaTimeoutError(f"no more of the log within {MOVES_WITHIN:g} s")
        yield batches


async def _positions(
    client: AIOKafkaConsumer, slots: Sequence[TopicPartition]
) -> dict[TopicPartition, int]:
    """aiokafka waits without end for a position that it has lost."""
    try:
        async with asyncio.timeout(MOVES_WITHIN):
            return {slot: await client.position(slot) for slot in slots}
    except TimeoutError as error:
        raise KafkaTimeoutError(f"no place in the log within {MOVES_WITHIN:g} s") from error


def readable(batches: Batches) -> list[tuple[TopicPartition, Wire]]:
    """The events of ours; what is none was parked when it came."""
    found = []
    for slot, records in batches.items():
        for record in records:
            try:
                found.append((slot, read(record.value)))
            except Unreadable:
                continue
    return found


async def _unknown(database: Database, told: Sequence[Wire]) -> list[Wire]:
    async with database.system() as connection:
        rows = await connection.fetch(_KNOWN, [event.position for event in told])
    known = {(row["position"], row["event_id"]) for row in rows}
    return [event for event in told if (event.position, event.id) not in known]
