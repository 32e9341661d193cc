"""Make what a service keeps of others anew, from nothing, while it is read and goes on hearing.

The same folds run on a session whose temporary tables hide the kept ones. When they have caught up,
one transaction waits for the folds under way, takes in the last events, and changes the rows that
differ: readers see the figures before or after, never between, and no table is locked for them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from crmkit.db.failures import has_to_wait
from crmkit.db.pool import Connection
from crmkit.events.envelope import Wire
from crmkit.messaging.handlers import Fold
from crmkit.messaging.standstill import only_replay, stand_still
from crmkit.proof.snapshots import connected
from crmkit.proof.sources import Mark, Source
from crmkit.service import Service

_COLUMNS = """
select a.attname as name, coalesce(a.attnum = any(i.indkey), false) as key
from pg_attribute a
left join pg_index i on i.indrelid = a.attrelid and i.indisprimary
where a.attrelid = $1::text::regclass and a.attnum > 0 and not a.attisdropped
  and a.attgenerated = ''
order by a.attnum
"""
_MARKS = "select producer, topic, partition, position from watermark"
_PROVES_NOTHING = frozenset({"created_at"})
"""When a row came first depends on how events were cut into batches."""


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """One table: its rows now, and how many of them were added, changed or taken away."""

    table: str
    rows: int
    healed: int


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a replay did; `refused` events can be applied as little now as when they first came."""

    events: int
    refused: int
    tables: list[Rebuilt]


def rebuilding(service: Service) -> list[Fold]:
    """The folds that can run from nothing; a lasting one gave what others remember, and says
    whether it `restores`: whether it may run again over what is kept."""
    return [fold for fold in service.folds if not getattr(fold, "lasting", False)]


class Replay:
    """One replay of one service."""

    def __init__(self, service: Service, connection: Connection, source: Source) -> None:
        self._folds = rebuilding(service)
        self._tables = service.rebuilt
        self._mends = {each.table: each.mend for each in service.sums if each.mend}
        self._connection = connection
        self._source = source
        self._events = self._refused = 0

    async def run(self) -> Replayed:
        for table in self._tables:
            await self._connection.execute(
                f"create temporary table {table} (like public.{table} including all)"
            )
        await self._catch_up()
        return await self._put_in_place()

    async def _catch_up(self) -> None:
        async for events in self._source.more():
            self._events += len(events)
            try:
                await self._fold(events)
            except Exception as error:
                if has_to_wait(error):
                    raise
                for event in events:
                    await self._fold_or_refuse(event)

    async def _fold(self, events: Sequence[Wire]) -> None:
        async with self._connection.transaction():
            for fold in self._folds:
                wanted = [e for e in events if e.type.split(".")[0] in fold.aggregates]
                if wanted:
                    await fold.apply(self._connection, wanted)

    async def _fold_or_refuse(self, event: Wire) -> None:
        try:
            await self._fold([event])
        except Exception as error:
            if has_to_wait(error):
                raise
            self._refused += 1

    async def _put_in_place(self) -> Replayed:
        for table in self._tables:
            await self._connection.execute(f"analyze pg_temp.{table}")
        async with self._connection.transaction():
            await stand_still(self._connection)
            await self._catch_up()
            self._source.demand_all(await self._marks())
            tables = [await self._heal(table) for table in self._tables]
            tables += [await self._mend(table, sql) for table, sql in self._mends.items()]
        return Replayed(self._events, self._refused, tables)

    async def _marks(self) -> dict[Mark, int]:
        rows = await self._connection.fetch(_MARKS)
        return {(row["producer"], row["topic"], row["partition"]): row["position"] for row in rows}

    async def _heal(self, table: str) -> Rebuilt:
        columns = await self._connection.fetch(_COLUMNS, f"public.{table}")
        gone = await self._connection.execute(_take_away(table, columns))
        put = await self._connection.execute(_put(table, columns))
        return await self._rebuilt(table, _count(gone) + _count(put))

    async def _mend(self, table: str, sql: str) -> Rebuilt:
        """What triggers made of the rows that were healed is right, if it was before."""
        return await self._rebuilt(table, _count(await self._connection.execute(sql)))

    async def _rebuilt(self, table: str, healed: int) -> Rebuilt:
        rows = await self._connection.fetchval(f"select count(*) from public.{table}")
        return Rebuilt(table, rows, healed)


async def replay(service: Service, source: Source) -> Replayed:
    """Rebuild all that folds of the service keep; LookupError where a replay is under way."""
    async with connected(service) as connection:
        if not await only_replay(connection):
            raise LookupError(f"another replay of {service.name} is under way")
        async with source:
            return await Replay(service, connection, source).run()


def _take_away(table: str, columns: Sequence[Any]) -> str:
    return f"""
delete from public.{table} k
where not exists (select from pg_temp.{table} s where {_same(columns, keys=True)})
"""


def _put(table: str, columns: Sequence[Any]) -> str:
    names = ", ".join(column["name"] for column in columns)
    keys = ", ".join(column["name"] for column in columns if column["key"])
    changed = [column["name"] for column in columns if not column["key"]]
    assigned = ", ".join(f"{name} = excluded.{name}" for name in changed)
    return f"""
insert into public.{table} ({names})
select {names} from pg_temp.{table} s
where not exists (
  select from public.{table} k
  where {_same(columns, keys=True)} and {_same(columns, keys=False)})
on conflict ({keys}) do update set {assigned}
"""


def _same(columns: Sequence[Any], *, keys: bool) -> str:
    """Keys are never null, so that an index finds them."""
    equal = "=" if keys else "is not distinct from"
    return " and ".join(
        f"k.{column['name']} {equal} s.{column['name']}"
        for column in columns
        if column["key"] is keys and column["name"] not in _PROVES_NOTHING
    )


def _count(status: str) -> int:
    return int(status.rpartition(" ")[2])
