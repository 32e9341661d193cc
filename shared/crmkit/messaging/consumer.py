"""The consumer of one service: batches, watermarks, parking of what cannot be read or applied."""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from datetime import timedelta
from types import MappingProxyType
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError
from prometheus_client import Counter, Gauge

from crmkit.db.executor import Executor
from crmkit.db.failures import has_to_wait
from crmkit.db.pool import Connection, Database
from crmkit.events.envelope import Unreadable, Wire, read, topic
from crmkit.faults import point
from crmkit.kernel import clock, ids
from crmkit.kernel.interval import Interval
from crmkit.messaging.broker import consumer, ensure_topics
from crmkit.messaging.emptying import empty_parked
from crmkit.messaging.ending import STOP_SECONDS, end_if_asked, stop, whole
from crmkit.messaging.handlers import Fold, Reaction
from crmkit.messaging.lag import look
from crmkit.messaging.lanes import lanes
from crmkit.messaging.pace import Pace
from crmkit.messaging.reacting import Read, alike, react, react_at_once
from crmkit.messaging.standstill import may_fold
from crmkit.messaging.taken import JOINS_WITHIN, Taken
from crmkit.metrics import REGISTRY
from crmkit.settings import Settings

_MARKS = "select producer, topic, partition, position from watermark"
_ADVANCE = """
insert into watermark as w (producer, topic, partition, position)
select * from unnest($1::text[], $2::text[], $3::int[], $4::bigint[]) order by 1, 2, 3
on conflict (producer, topic, partition) do update set position = excluded.position
where w.position < excluded.position
"""
_PARK = """
insert into parked
  (id, tenant_id, topic, partition, broker_offset, value, error, parked_at, fingerprint)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
on conflict (topic, fingerprint) do nothing
"""
_FEW = 500
_STUCK_SECONDS = 60
_COMMIT_EVERY = timedelta(seconds=1)
_LOOK_EVERY = timedelta(milliseconds=250)
APPLIED = Counter("crm_consumer_applied", "Events applied", ["service"], registry=REGISTRY)
PARKED = Counter(
    "crm_consumer_parked",
    "Records put aside because they cannot be applied",
    ["service"],
    registry=REGISTRY,
)
GAPS = Counter(
    "crm_consumer_gaps",
    "Times a partition was found to lack earlier events",
    ["service"],
    registry=REGISTRY,
)
LAG = Gauge(
    "crm_consumer_lag_seconds",
    "Age of the newest event applied, when it was",
    ["service"],
    registry=REGISTRY,
)
log = structlog.get_logger()

Mark = tuple[str, str, int]
_NONE: Mapping[Mark, int] = MappingProxyType({})


class Consumer:
    """Applies the events of others to one service. Database first, offsets second, never else."""

    def __init__(
        self,
        service: str,
        settings: Settings,
        database: Database,
        executor: Executor,
        *,
        folds: Sequence[Fold],
        reactions: Sequence[Reaction],
    ) -> None:
        self.service = service
        self.settings = settings
        self.database = database
        self.executor = executor
        self.folds = folds
        self.reactions: dict[str, list[Reaction]] = {}
        for reaction in reactions:
            self.reactions.setdefault(reaction.event.type, []).append(reaction)
        wanted = {aggregate for fold in folds for aggregate in fold.aggregates}
        wanted |= {reaction.event.aggregate for reaction in reactions}
        self.topics = sorted(topic(aggregate) for aggregate in wanted)
        self._parked, self._gaps = PARKED.labels(service), GAPS.labels(service)
        self._marks: dict[Mark, int] = {}
        self._rewound: dict[TopicPartition, bool] = {}
        """Partitions read from their start because of a gap; True until the start has come."""
        self._taken = Taken()
        self._offsets: dict[TopicPartition, int] = {}
        """Taken, and not committed yet."""

        self._commits = Interval(_COMMIT_EVERY)
        self._looks = Interval(_LOOK_EVERY)
        self._pace = Pace(service)

    async def run(self) -> None:
        """Until cancelled; the client is built anew after any failure, and after a standstill."""
        while True:
            client = consumer(self.settings, f"crm.{self.service}")
            try:
                await self._follow(client)
            except (Exception, asyncio.CancelledError) as error:  # events wait on the broker
                end_if_asked()
                await asyncio.sleep(self._pace.failed(error))
            finally:
                await stop(client)

    async def _follow(self, client: AIOKafkaConsumer) -> None:
        await self._read_marks()
        self._rewound.clear()
        self._offsets.clear()
        self._taken = Taken()
        await ensure_topics(self.settings, self.topics)
        client.subscribe(self.topics, listener=self._taken)
        async with asyncio.timeout(JOINS_WITHIN):
            await whole(client.start())  # it waits for a place in the group
        while True:
            end_if_asked()
            async with asyncio.timeout(_STUCK_SECONDS):
                self._taken.check()
                if self._taken.partitions:
                    await self._rewind_unread(client)
                batches = await client.getmany(timeout_ms=200, max_records=self._pace.most)
                self._pace.begin()
                await self._take(client, batches)
                self._pace.took(sum(map(len, batches.values())))
                if self._looks.due:
                    self._looks.restart()
                    await look(self.service, client)

    async def _rewind_unread(self, client: AIOKafkaConsumer) -> None:
        """Read partitions from their start of which nothing has been applied, or of which a
        revision has forgotten what was, whatever offset the broker remembers.

        Of the others the last record is read again: where the database was put back to an older
        state, it shows a gap, though nothing new comes.
        """
        await self._read_marks()
        known = {(topic, partition) for _, topic, partition in self._marks}
        taken = [each for each in self._taken.partitions if each in client.assignment()]
        unread = [each for each in taken if (each.topic, each.partition) not in known]
        if unread and not await client.seek_to_beginning(*unread):
            return
        for partition in set(taken).difference(unread):
            offset = await client.committed(partition)
            if offset:
                client.seek(partition, offset - 1)
        self._taken.partitions.clear()

    async def _read_marks(self) -> None:
        async with self.database.system() as connection:
            self._marks = {
                (row["producer"], row["topic"], row["partition"]): row["position"]
                for row in await connection.fetch(_MARKS)
            }

    async def _take(
        self,
        client: AIOKafkaConsumer,
        batches: dict[TopicPartition, list[ConsumerRecord[Any, Any]]],
    ) -> None:
        fresh: list[Read] = []
        marks: dict[Mark, int] = {}
        for partition, records in batches.items():
            if await self._rewind(client, partition, records):
                continue
            self._offsets[partition] = records[-1].offset + 1
            fresh += await self._fresh(partition, records, marks)
        if fresh:
            point("consumer.after_poll")
            await self._apply(fresh, marks)
            point("consumer.after_apply")
        await self._advance(marks)
        if self._offsets and self._commits.due:
            await self._commit(client)
            point("consumer.after_offsets")

    async def _rewind(
        self,
        client: AIOKafkaConsumer,
        partition: TopicPartition,
        records: list[ConsumerRecord[Any, Any]],
    ) -> bool:
        """Whether the log lacks what comes before these records, so that it is read from its start.

        A log that began anew is longer than our offset by now: what came before was never seen.
        """
        first = _readable(records[0])
        if first is None or partition in self._rewound or records[0].offset == 0:
            return False
        mark = (first.producer, *partition)
        if first.previous > self._marks.get(mark, 0):
            await self._read_marks()  # another worker may have had the partition until now
        if first.previous <= self._marks.get(mark, 0):
            return False
        self._gaps.inc()
        self._rewound[partition] = True
        await client.seek_to_beginning(partition)
        return True

    async def _fresh(
        self,
        partition: TopicPartition,
        records: list[ConsumerRecord[Any, Any]],
        marks: dict[Mark, int],
    ) -> list[Read]:
        """What the watermark does not cover yet.

        It moves only over events without a gap before them; what the broker itself has dropped
        from the beginning of its log is a gap that nobody can fill. What is ahead comes again.
        """
        fresh = []
        source, mark = "", ("", partition.topic, partition.partition)
        starts_log = self._rewound.get(partition, False)
        if starts_log:
            self._rewound[partition] = False
        for record in records:
            event = _readable(record)
            if event is None:
                await self._park(record, None, "not an event of ours")
                continue
            if event.source != source:
                source, mark = event.source, (event.producer, *partition)
            reached = marks.get(mark, self._marks.get(mark, 0))
            if starts_log and record.offset > 0:
                reached = max(reached, event.previous)
            starts_log = False
            gap = event.previous > reached
            if event.position <= reached or self._taken.is_ahead(partition, record.offset, gap=gap):
                continue
            if not gap:
                marks[mark] = event.position
                self._rewound.pop(partition, None)
            fresh.append((record, event))
        return fresh

    async def _apply(self, fresh: list[Read], marks: Mapping[Mark, int]) -> None:
        """The whole batch at once; where that fails, some at a time; where that fails, event by
        event, parking what never will."""
        events = [event for _, event in fresh]
        all_told = self.reactions.keys().isdisjoint(event.type for event in events)
        try:
            await self._fold_at_once(fresh, marks if all_told else {})
        except Exception as error:
            if has_to_wait(error):
                raise
            log.warning("consumer.batch_failed", service=self.service, error=repr(error))
            for start in range(0, len(fresh), _FEW):
                await self._fold_apart(fresh[start : start + _FEW])
        for group in alike(fresh, self.reactions):
            await self._react_to(group)
        APPLIED.labels(self.service).inc(len(fresh))
        newest = max(event.recordedat for event in events)
        LAG.labels(self.service).set((clock.now() - newest).total_seconds())

    async def _fold_at_once(self, fresh: list[Read], marks: Mapping[Mark, int]) -> None:
        folds = []
        for lane in lanes(fresh):
            own = {(record.topic, record.partition) for record, _ in lane}
            moved = {mark: at for mark, at in marks.items() if mark[1:] in own}
            folds.append(self._fold([event for _, event in lane], moved))
        for failure in await asyncio.gather(*folds, return_exceptions=True):
            if failure:
                raise failure

    async def _fold_apart(self, few: list[Read]) -> None:
        try:
            await self._fold([event for _, event in few])
        except Exception as error:
            if has_to_wait(error):
                raise
            for record, event in few:
                await self._or_park(record, event, self._fold([event]))

    async def _fold(self, events: list[Wire], marks: Mapping[Mark, int] = _NONE) -> None:
        """Folds, and watermarks of what starts nothing, which are one thing to the disk then."""
        async with self.database.transaction() as connection:
            await may_fold(connection)
            kinds = {event.type for event in events}
            for fold in self.folds:
                own = {kind for kind in kinds if _aggregate(kind) in fold.aggregates}
                if own:
                    wanted = [event for event in events if event.type in own]
                    await fold.apply(connection, wanted)
            await empty_parked(connection, events)
            await _move(connection, marks)
            point("consumer.in_fold")
        self._marks |= marks
        point("consumer.after_fold")

    async def apply_again(self, event: Wire, *, folds: bool) -> None:
        """Apply one event that came before, or only what it starts; raises what is in its way."""
        if folds:
            await self._fold([event])
        for reaction in self.reactions.get(event.type, ()):
            failure = await react(self.executor, reaction, event)
            if failure is not None:
                raise failure

    async def _react_to(self, group: Sequence[Read]) -> None:
        """All of them at once; where that fails, event by event, parking what never will."""
        reactions = self.reactions[group[0][1].type]
        if len(group) > 1 and len(reactions) == 1:
            try:
                if await react_at_once(self.executor, reactions[0], [wire for _, wire in group]):
                    return
            except Exception as error:
                if has_to_wait(error):
                    raise
                log.info("consumer.reactions_apart", service=self.service, error=repr(error))
        for record, wire in group:
            for reaction in reactions:
                failure = await react(self.executor, reaction, wire)
                if failure is not None:
                    await self._park(record, wire, repr(failure))

    async def _or_park(self, record: ConsumerRecord[Any, Any], event: Wire, attempt: Any) -> None:
        try:
            await attempt
        except Exception as error:
            if has_to_wait(error):
                raise
            await self._park(record, event, repr(error))

    async def _park(self, record: ConsumerRecord[Any, Any], event: Wire | None, error: str) -> None:
        self._parked.inc()
        log.error("consumer.parked", service=self.service, topic=record.topic, error=error[:500])
        async with self.database.system() as connection:
            await connection.execute(
                _PARK,
                ids.new(),
                event.tenantid if event else None,
                record.topic,
                record.partition,
                record.offset,
                record.value,
                error[:2000],
                clock.now(),
                hashlib.sha256(record.value or b"").digest(),
            )
        point("consumer.after_park")

    async def _advance(self, marks: Mapping[Mark, int]) -> None:
        """Watermarks that did not move with the folds."""
        left = {mark: at for mark, at in marks.items() if self._marks.get(mark, 0) < at}
        if left:
            async with self.database.system() as connection:
                await _move(connection, left)
            self._marks |= left
        if marks:
            point("consumer.after_mark")

    async def _commit(self, client: AIOKafkaConsumer) -> None:
        """Offsets are a hint: what is not committed comes again, and the watermark covers it."""
        mine = {p: offset for p, offset in self._offsets.items() if p in client.assignment()}
        self._offsets.clear()
        self._commits.restart()
        if not mine:
            return
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await client.commit(mine)
        except (KafkaError, TimeoutError) as error:
            log.warning("consumer.commit", service=self.service, error=repr(error))


async def _move(connection: Connection, marks: Mapping[Mark, int]) -> None:
    if marks:
        keys = sorted(marks)
        given = map(list, zip(*keys, strict=True))
        await connection.execute(_ADVANCE, *given, [marks[key] for key in keys])


def _readable(record: ConsumerRecord[Any, Any]) -> Wire | None:
    try:
        return read(record.value)
    except Unreadable:
        return None


def _aggregate(kind: str) -> str:
    return kind.split(".", maxsplit=1)[0]
