"""Put back what a lasting table has lost, without telling anybody anew.

What others hold numbers of is never rebuilt. But those of its folds that may run again do, over
what is kept: rows that are there stay as they are, and those that are gone come back.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from crmkit.db.pool import Connection
from crmkit.events.envelope import Unreadable, Wire, read
from crmkit.messaging.handlers import Fold
from crmkit.messaging.standstill import may_fold
from crmkit.proof import telling
from crmkit.proof.snapshots import connected
from crmkit.proof.sources import Mark, Source
from crmkit.service import Service

_MARKS = "select producer, topic, partition, position from watermark"
_PARKED = "select value from parked where replayed_at is null"
_INSERTED = """
select coalesce(sum(n_tup_ins), 0)::bigint from pg_stat_xact_user_tables
where schemaname = 'public' and relname = any($1)
"""


@dataclass(slots=True)
class Restored:
    """How many events were looked at, and how many of the tables' rows were put back."""

    tables: list[str]
    events: int = 0
    rows: int = 0


def restoring(service: Service) -> list[Fold]:
    """The lasting folds that may run again, in their order."""
    return [fold for fold in service.folds if getattr(fold, "restores", False)]


async def restore(service: Service, source: Source) -> Restored:
    """Only what was heard before: what is still to come has to be new when it comes, so that
    whoever waits for it is told. What was parked comes by a replay of what was parked."""
    tables = sorted({mirror.table for mirror in service.mirrors if mirror.each})
    done = Restored(tables)
    partitions = service.settings.load().kafka_partitions
    async with connected(service) as connection, source:
        rows = await connection.fetch(_MARKS)
        marks = {(row["producer"], row["topic"], row["partition"]): row["position"] for row in rows}
        parked = {_id(row["value"]) for row in await connection.fetch(_PARKED)}
        async for events in source.more():
            heard = [e for e in events if e.id not in parked and _is_heard(e, partitions, marks)]
            done.events += len(heard)
            done.rows += await _fold(connection, restoring(service), heard, tables)
    return done


async def _fold(
    connection: Connection, folds: Sequence[Fold], events: Sequence[Wire], tables: Collection[str]
) -> int:
    async with connection.transaction():
        await may_fold(connection)
        for fold in folds:
            wanted = [e for e in events if e.type.split(".")[0] in fold.aggregates]
            if wanted:
                await fold.apply(connection, wanted)
        return int(await connection.fetchval(_INSERTED, tables))


def _is_heard(event: Wire, partitions: int, marks: Mapping[Mark, int]) -> bool:
    mark = (event.producer, *telling.slot(event, partitions))
    return 0 < event.position <= marks.get(mark, 0)


def _id(value: bytes | None) -> UUID | None:
    try:
        return read(value).id
    except Unreadable:
        return None
