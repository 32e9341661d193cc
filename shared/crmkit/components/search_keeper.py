"""检索 gives keys to records that wait for them: new ones, changed ones, and those of before there
were searches. A schedule of the worker."""

from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Any

import asyncpg

from crmkit.components.search import Search
from crmkit.db.executor import Executor
from crmkit.db.listing import Listing
from crmkit.db.pool import Connection, Database
from crmkit.db.rows import plan
from crmkit.kernel.grams import SKETCHED, kept_keys, sketch, unsigned
from crmkit.settings import Settings

_TURN = 200
_WAITING = """
  (select tenant_id, aggregate, id, mark, row_number() over (order by id{down}) as nth
   from search_due where tenant_id = h.tenant_id and aggregate = k.aggregate
   order by id{down} limit $2)
"""
_DUE = f"""
with recursive holders (tenant_id) as (
  (select tenant_id from search_due order by tenant_id limit 1)
  union all
  select (select tenant_id from search_due where tenant_id > h.tenant_id
    order by tenant_id limit 1)
  from holders h where h.tenant_id is not null
)
select d.tenant_id, d.aggregate, d.id, d.mark from holders h
cross join unnest($1::text[]) k (aggregate)
cross join lateral (
{_WAITING.format(down=" desc")} union all {_WAITING.format(down="")}
) d
order by d.nth, d.id desc limit $2
"""
"""Of each tenant the newest and the oldest that wait, in turn, so that neither what is new there
nor what is anybody else's waits behind a large import. One may be found twice."""

_KEEP = """
with held as (
  select d.tenant_id, d.aggregate, d.id from search_due d
  join unnest($1::uuid[], $2::text[], $3::uuid[], $4::bigint[]) w (tenant, kind, id, mark)
    on d.tenant_id = w.tenant and d.aggregate = w.kind and d.id = w.id and d.mark = w.mark
  for update of d skip locked
),
done as (
  delete from search_due d using held h
  where d.tenant_id = h.tenant_id and d.aggregate = h.aggregate and d.id = h.id
  returning d.tenant_id, d.aggregate, d.id
)
insert into search_key (tenant_id, aggregate, id, keys, sketch, placed_at, named)
select tenant_id, aggregate, id, keys::int[], sketch::bit(512), placed_at, named
from unnest($5::uuid[], $6::text[], $7::uuid[], $8::text[], $9::varbit[], $10::timestamptz[],
  $11::text[]) w (tenant_id, aggregate, id, keys, sketch, placed_at, named)
join done using (tenant_id, aggregate, id)
on conflict (tenant_id, aggregate, id) do update
set keys = excluded.keys, sketch = excluded.sketch, placed_at = excluded.placed_at,
  named = excluded.named
"""


class SearchKeeper:
    """Each turn keys up to `turn`. A record that changes meanwhile has another mark: what was made
    of it is thrown away, and it waits for the next turn."""

    def __init__(self, listings: Sequence[Listing], turn: int = _TURN) -> None:
        self._turn = turn
        self._kinds = {plan(listing.cls).table: _Kind(listing) for listing in listings}

    async def __call__(self, _: Executor, system: Database) -> bool:
        async with system.system() as connection:
            due = await connection.fetch(_DUE, [*self._kinds], self._turn)
            if due:
                each = {(row["tenant_id"], row["aggregate"], row["id"]): row for row in due}
                await self._keep(connection, [*each.values()])
        return len(due) == self._turn

    async def _keep(self, connection: Connection, due: Sequence[asyncpg.Record]) -> None:
        kept: list[tuple[Any, ...]] = []
        for name, waiting in groupby(sorted(due, key=_by_kind), _by_kind):
            kept += await self._kinds[name].keyed(connection, list(waiting))
        done = zip(*(tuple(each) for each in due), strict=True)
        columns = zip(*kept, strict=True) if kept else [()] * 7
        await connection.execute(_KEEP, *map(list, done), *map(list, columns))


def keeps(*listings: Listing) -> Callable[[Settings], SearchKeeper]:
    """What a service names among its schedules."""

    def make(_: Settings) -> SearchKeeper:
        return SearchKeeper(listings)

    return make


class _Kind:
    """The records of one list."""

    def __init__(self, listing: Listing) -> None:
        known = listing.searching
        if not isinstance(known, Search):
            raise TypeError(f"{listing.cls.__name__} is searched without keys")
        self._name, self._texts = plan(listing.cls).table, listing.search
        self._phones = known.phones
        places = f"{known.placed_at or 'null'} as placed_at, {known.named or 'null'} as named"
        self._select = f"""
select t.tenant_id, t.id, {", ".join(f"t.{name}" for name in self._texts)}, {places}
from unnest($1::uuid[], $2::uuid[]) w (tenant, record)
join {self._name} t on t.tenant_id = w.tenant and t.id = w.record
"""

    async def keyed(
        self, connection: Connection, due: Sequence[asyncpg.Record]
    ) -> list[tuple[Any, ...]]:
        """The row of `search_key` of each that there still is."""
        asked = [each["tenant_id"] for each in due], [each["id"] for each in due]
        return [self._row(each) for each in await connection.fetch(self._select, *asked)]

    def _row(self, record: asyncpg.Record) -> tuple[Any, ...]:
        keys = kept_keys(record["tenant_id"], self._name, self._said(record))
        text = f"{{{','.join(map(str, keys))}}}"
        short = asyncpg.BitString.frombytes(sketch(keys), SKETCHED)
        placed = text, short, record["placed_at"], record["named"]
        return record["tenant_id"], self._name, record["id"], *placed

    def _said(self, record: asyncpg.Record) -> list[str]:
        texts = [(name, record[name]) for name in self._texts if record[name]]
        return [unsigned(text) if name in self._phones else text for name, text in texts]


def _by_kind(due: asyncpg.Record) -> str:
    kind: str = due["aggregate"]
    return kind
