"""Step two of the relay: send what the ledger holds past the cursor, then move the cursor."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from zlib import crc32

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import UnknownTopicOrPartitionError
from aiokafka.producer.message_accumulator import BatchBuilder

from crmkit.db.pool import Database
from crmkit.events.envelope import topic
from crmkit.faults import point
from crmkit.kernel.interval import Interval
from crmkit.messaging.ending import whole

_HEADS = "select topic, partition, position, broker_offset from published"
_STAND = """
select r.position as cursor, p.topic, p.partition, p.position, p.broker_offset
from relay r left join published p on true
"""
_NEXT = """
select l.position, e.*
from (select * from ledger where position > $1 order by position limit $2) l
left join lateral (
  select tenant_id, id, aggregate, aggregate_id, version, type, occurred_at, recorded_at, actor,
         cause, traceparent, data
  from event e where e.tenant_id = l.tenant_id and e.id = l.event_id limit 1
) e on true
order by l.position
"""
# Nobody waits for the disk: what PostgreSQL forgets of this as it crashes is sent again under the
# same places, as it is where the relay crashes before this.
_ADVANCE = """
with undelayed as (
  select set_config('synchronous_commit', 'off', true)
), heads as (
  insert into published (topic, partition, position, broker_offset)
  select * from unnest($2::text[], $3::int[], $4::bigint[], $5::bigint[])
  on conflict (topic, partition) do update
    set position = excluded.position, broker_offset = excluded.broker_offset
)
update relay set position = $1 from undelayed
"""
_RESET = "with gone as (delete from published) update relay set position = 0"
_ACK_SECONDS = 15
_LOOK_EVERY = timedelta(milliseconds=100)
"""A broker takes longer to end and to begin anew."""

Slot = tuple[str, int]


@dataclass(slots=True)
class Head:
    """How far a partition is published: the last ledger position, and the offset of the last ack.

    Apache Kafka acknowledges a batch by its first offset, the embedded broker by its last: as a
    lower bound of the log's end both serve.
    """

    position: int
    offset: int


class LogReset(Exception):
    """The broker's log is shorter than what it had acknowledged: it starts anew."""


class Publisher:
    """Sends one service's ledger. Cursor and heads live in the database; nothing is cached over."""

    def __init__(self, service: str, database: Database, producer: AIOKafkaProducer) -> None:
        self.service = service
        self.database = database
        self.producer = producer
        self._partitions: dict[str, int] = {}
        self._there: set[str] = set()
        """The topics that the broker was last seen to have."""

        self._looks = Interval(_LOOK_EVERY)

    async def publish(self, limit: int, placed: Sequence[asyncpg.Record] = ()) -> int:
        """Send up to `limit` events and wait for every ack; how many there were.

        `placed` are events of the ledger that need not be read again, if they are the next ones.
        LogReset where an ack shows that the broker forgot what it once acknowledged; the cursor
        is back at the start then.
        """
        async with self.database.system() as connection:
            stand = await connection.fetch(_STAND)
            cursor = stand[0]["cursor"]
            events = placed
            if not placed or placed[0]["position"] != cursor + 1:
                events = await connection.fetch(_NEXT, cursor, limit)
        heads = {
            (row["topic"], row["partition"]): Head(row["position"], row["broker_offset"])
            for row in stand
            if row["topic"] is not None
        }
        if not events:
            return 0
        point("relay.before_send")
        await self._demand_topics({topic(event["aggregate"]) for event in events})
        touched = await self._send(events, heads)
        point("relay.after_send")
        slots = sorted(touched)
        async with self.database.system() as connection:
            await connection.execute(
                _ADVANCE,
                events[-1]["position"],
                [name for name, _ in slots],
                [partition for _, partition in slots],
                [heads[slot].position for slot in slots],
                [heads[slot].offset for slot in slots],
            )
        point("relay.after_mark")
        return len(events)

    async def check_log(self, client: AIOKafkaConsumer) -> None:
        """LogReset where the log ends before what it once acknowledged."""
        async with self.database.system() as connection:
            acked = {
                TopicPartition(row["topic"], row["partition"]): row["broker_offset"]
                for row in await connection.fetch(_HEADS)
            }
        if not acked:
            return
        async with asyncio.timeout(_ACK_SECONDS):
            ends = await client.end_offsets(list(acked))
        short = [slot for slot, offset in acked.items() if ends[slot] <= offset]
        if short:
            await self.reset()
            raise LogReset(f"{len(short)} partitions end before what they acknowledged")

    async def reset(self) -> None:
        """Put the cursor back to the start, so that all is sent again."""
        async with self.database.system() as connection:
            await connection.execute(_RESET)

    async def _demand_topics(self, names: set[str]) -> None:
        """UnknownTopicOrPartitionError where a broker that began anew has not got them yet.

        The embedded one takes records for a topic that it does not have, and shows nobody what it
        took until more of them come: who looked whether they are known would wait for ever.
        """
        if names <= self._there and not self._looks.due:
            return
        async with asyncio.timeout(_ACK_SECONDS):
            there = await whole(self.producer.client.fetch_all_metadata())
        self._there = set(there.topics())
        self._looks.restart()
        if gone := names - self._there:
            raise UnknownTopicOrPartitionError(", ".join(sorted(gone)))

    async def _send(self, events: Sequence[asyncpg.Record], heads: dict[Slot, Head]) -> set[Slot]:
        """Never two batches of one partition in flight: positions rise within a partition."""
        touched: set[Slot] = set()
        open_batches: dict[Slot, BatchBuilder] = {}
        for event in events:
            key = f"{event['tenant_id']}:{event['aggregate_id']}".encode()
            slot = await self._slot(topic(event["aggregate"]), key)
            head = heads.setdefault(slot, Head(0, -1))
            value = envelope(self.service, event, head.position)
            batch = open_batches.get(slot)
            if batch is None or batch.append(key=key, value=value, timestamp=None) is None:
                if batch is not None:
                    await self._flush(open_batches, heads)
                batch = open_batches[slot] = self.producer.create_batch()
                batch.append(key=key, value=value, timestamp=None)
            head.position = event["position"]
            touched.add(slot)
        await self._flush(open_batches, heads)
        return touched

    async def _flush(self, batches: dict[Slot, BatchBuilder], heads: dict[Slot, Head]) -> None:
        sent = list(batches.items())
        batches.clear()
        acks = [
            await self.producer.send_batch(batch, name, partition=partition)
            for (name, partition), batch in sent
        ]
        point("relay.in_flight")
        async with asyncio.timeout(_ACK_SECONDS):
            answers = await asyncio.gather(*acks)
        for (slot, _), answer in zip(sent, answers, strict=True):
            if answer.offset <= heads[slot].offset:
                await self.reset()
                raise LogReset(f"{slot}: offset {answer.offset} after {heads[slot].offset}")
            heads[slot].offset = answer.offset

    async def _slot(self, name: str, key: bytes) -> Slot:
        count = self._partitions.get(name)
        if count is None:
            count = self._partitions[name] = len(await self.producer.partitions_for(name))
        return name, crc32(key) % count


def envelope(service: str, event: asyncpg.Record | Mapping[str, Any], previous: int) -> bytes:
    """CloudEvents 1.0, structured mode; `data` is spliced in as the text it was stored as."""
    optional = ""
    if event["cause"]:
        optional += f',"causationid":"{event["cause"]}"'
    if event["traceparent"]:
        optional += f',"traceparent":"{event["traceparent"]}"'
    return (
        f'{{"specversion":"1.0","id":"{event["id"]}","source":"/{service}","type":"{event["type"]}",'
        f'"subject":"{event["aggregate_id"]}","time":"{_instant(event["occurred_at"])}",'
        f'"datacontenttype":"application/json","tenantid":"{event["tenant_id"]}",'
        f'"aggregateversion":{event["version"]},"recordedat":"{_instant(event["recorded_at"])}",'
        f'"actor":"{event["actor"]}","position":{event["position"]},"previous":{previous}'
        f'{optional},"data":{event["data"]}}}'
    ).encode()


def _instant(value: Any) -> str:
    return f"{value.isoformat()[:-6]}Z"
