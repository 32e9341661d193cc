"""A tenant's rows out of a service's database, and into another house's.

A file for each table, `<table>.jsonl`: first an object of the columns and their types, then for
each row an array of PostgreSQL's own text of each value, or null. So no value is read by us, and
what was hashed stays byte for byte. Left out is what belongs to the house and not to the tenant:
places in the ledger, the outbox, parked records, what schedules put off; and what a trigger makes
of the rows.
"""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Set
from contextlib import asynccontextmanager
from graphlib import TopologicalSorter
from itertools import islice
from pathlib import Path
from uuid import UUID

import asyncpg

from crmkit.db import archive
from crmkit.db.pool import prepare
from crmkit.kernel.errors import Conflict, Invalid

_TABLES = """
select c.relname as name,
  array(select attname from pg_attribute a where a.attrelid = c.oid and attnum > 0
    and not attisdropped and attgenerated = '' order by attnum)::text[] as columns,
  array(select format_type(atttypid, atttypmod) from pg_attribute a where a.attrelid = c.oid
    and attnum > 0 and not attisdropped and attgenerated = '' order by attnum)::text[] as types,
  (select attname::text from pg_attribute a where a.attrelid = c.oid and attidentity <> '')
    as counted,
  array(select confrelid::regclass::text from pg_constraint f
    where f.conrelid = c.oid and f.contype = 'f' and f.confrelid <> c.oid) as needs,
  array(select a.attname from pg_index i cross join unnest(i.indkey) with ordinality k (n, place)
    join pg_attribute a on a.attrelid = c.oid and a.attnum = k.n
    where i.indrelid = c.oid and i.indisprimary order by k.place)::text[] as keys
from pg_class c join pg_attribute t on t.attrelid = c.oid and t.attname = 'tenant_id'
where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
  and c.relname not in ('ledger', 'outbox', 'parked', 'postponed')
  and c.relname not in ('custom_value', 'rollup_week', 'search_key', 'search_due') -- made anew
"""
_EVENTS = """
from event t
left join ledger l on l.tenant_id = t.tenant_id and l.event_id = t.id
left join outbox o on o.tenant_id = t.tenant_id and o.event_id = t.id
where t.tenant_id = $1 order by l.position, o.position, t.id
"""
_PARTITION = """
do $$ declare starts timestamptz := '{0}'; name text;
begin
  name := 'event_' || to_char(starts at time zone 'utc', 'YYYY_MM');
  if to_regclass(name) is null then
    execute format('create table %I (like event including defaults including constraints)', name);
    execute format('alter table event attach partition %I for values from (%L) to (%L)', name,
      crm.id_floor(starts), crm.id_floor(starts + interval '1 month'));
  end if;
end $$
"""
_COUNT_ON = """
select setval(pg_get_serial_sequence('{0}', '{1}'), greatest(
  $1, (select last_value from pg_sequences
       where format('%I.%I', schemaname, sequencename)::regclass
         = pg_get_serial_sequence('{0}', '{1}')::regclass)))
"""
_TELL = """
insert into outbox (tenant_id, event_id)
select $1, u.id from unnest($2::uuid[]) with ordinality u (id, place)
join event e on e.tenant_id = $1 and e.id = u.id
where not exists (select from outbox o where o.tenant_id = $1 and o.event_id = u.id)
  and not exists (select from ledger l where l.tenant_id = $1 and l.event_id = u.id)
order by u.place
"""
_CHUNK = 1000
Proof = Callable[[asyncpg.Connection], Awaitable[None]]
"""Raises where the rows that were put in do not agree; they are taken back then."""


class Table:
    """One table, as the catalogue describes it."""

    def __init__(self, row: asyncpg.Record) -> None:
        self.name: str = row["name"]
        self.columns: dict[str, str] = dict(zip(row["columns"], row["types"], strict=True))
        self.counted: str | None = row["counted"]
        self.needs: list[str] = row["needs"]
        self.keys: list[str] = row["keys"]

    def select(self) -> str:
        """The tenant's rows, in the order in which they have to be put in again."""
        shown = ", ".join(f't."{name}"::text' for name in self.columns)
        if self.name == "event":
            return f"select json_build_array({shown})::text {_EVENTS}"
        order = ", ".join(f't."{name}"' for name in ([self.counted] if self.counted else self.keys))
        return (
            f'select json_build_array({shown})::text from "{self.name}" t'
            f" where t.tenant_id = $1 order by {order}"
        )

    def insert(self) -> str:
        """Takes an array of texts for each column."""
        names = ", ".join(f'"{name}"' for name in self.columns)
        places = range(1, len(self.columns) + 1)
        values = ", ".join(
            f"u.c{n}::{kind}" for n, kind in zip(places, self.columns.values(), strict=True)
        )
        arrays = ", ".join(f"${n}::text[]" for n in places)
        given = ", ".join(f"c{n}" for n in places)
        return (
            f'insert into "{self.name}" ({names}) overriding system value'
            f" select {values} from unnest({arrays}) u ({given})"
        )


async def export_tenant(dsn: str, tenant: UUID, folder: Path) -> dict[str, int]:
    """Write a service's rows of the tenant as of one instant; how many of each table there were.

    `dsn` is of the role system. Rows are streamed: what does not fit into memory is no matter.
    """
    async with (
        _connected(dsn) as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        return {
            table.name: await _write(connection, table, tenant, folder)
            for table in await _tables(connection)
        }


async def check_rows(system: str, tenant: UUID, folder: Path, told: Set[str]) -> None:
    """Invalid where tables differ, or a row would harm the house; nothing is written. `told`: the
    types of events that the service publishes."""
    async with _connected(system) as connection:
        tables = await _tables(connection)
    for table in tables:
        if archive.header(folder, table.name) != table.columns:
            raise Invalid(f"{folder.name}: {table.name} has other columns", code="move.columns")
    archive.check(folder, tenant, {table.name: table.counted for table in tables}, told)


async def import_rows(system: str, owner: str, tenant: UUID, folder: Path, proof: Proof) -> bool:
    """Put a service's rows in, all or none; False where they are there already.

    They have been checked. Conflict where the tenant is there with other events, and what `proof`
    raises. Nobody is told yet: that is for `tell`, once all services have theirs.
    """
    async with _connected(system) as connection:
        tables = await _tables(connection)
        if await _is_there(connection, tables, tenant, folder):
            return False
        await _make_partitions(owner, folder)
        async with connection.transaction():
            for table in tables:
                await _read(connection, table, folder)
            await proof(connection)
            await _count_on(owner, folder, tables)
    return True


async def tell(system: str, tenant: UUID, folder: Path) -> int:
    """Have the relay give the events new places, in their old order; how many it had not yet."""
    told = 0
    async with _connected(system) as connection, connection.transaction():
        ids = (UUID(str(row["id"])) for row in archive.rows(folder, "event"))
        while chunk := list(islice(ids, _CHUNK)):
            told += int((await connection.execute(_TELL, tenant, chunk)).split()[-1])
    return told


@asynccontextmanager
async def _connected(dsn: str) -> AsyncIterator[asyncpg.Connection]:
    settings = {"application_name": "crm.move", "timezone": "UTC", "datestyle": "ISO"}
    connection = await asyncpg.connect(dsn, server_settings=settings)
    try:
        await prepare(connection)
        yield connection
    finally:
        await connection.close()


async def _tables(connection: asyncpg.Connection) -> list[Table]:
    """Each after those that it refers to."""
    found = {row["name"]: Table(row) for row in await connection.fetch(_TABLES)}
    sorter = TopologicalSorter({name: set(found[name].needs) for name in sorted(found)})
    return [found[name] for name in sorter.static_order()]


async def _write(connection: asyncpg.Connection, table: Table, tenant: UUID, folder: Path) -> int:
    count = 0
    with (folder / f"{table.name}.jsonl").open("w", encoding="utf-8") as file:
        file.write(json.dumps(table.columns) + "\n")
        async for (line,) in connection.cursor(table.select(), tenant, prefetch=_CHUNK):
            file.write(f"{line}\n")
            count += 1
    return count


async def _is_there(
    connection: asyncpg.Connection, tables: list[Table], tenant: UUID, folder: Path
) -> bool:
    """A service that only hears of others has no events, and is told by its copies."""
    known = await connection.fetchval("select count(*) from event where tenant_id = $1", tenant)
    ids = [UUID(str(row["id"])) for row in archive.rows(folder, "event")]
    same = "select count(*) from event where tenant_id = $1 and id = any($2)"
    if known not in (0, len(ids)) or known != await connection.fetchval(same, tenant, ids):
        raise Conflict(f"{folder.name} has other events of this tenant", code="move.tenant.exists")
    if known or ids:
        return bool(known)
    some = " or ".join(f'exists (select from "{t.name}" where tenant_id = $1)' for t in tables)
    return bool(await connection.fetchval(f"select {some}", tenant))


async def _make_partitions(owner: str, folder: Path) -> None:
    """For months long ago."""
    async with _connected(owner) as connection:
        for month in archive.months(folder):
            await connection.execute(_PARTITION.format(month.isoformat()))


async def _count_on(owner: str, folder: Path, tables: list[Table]) -> None:
    """Counters go on after what came. No rollback takes that back, so it waits for the proof; nor
    may the rows be there without it, so it comes before their commit."""
    async with _connected(owner) as connection:
        for table in tables:
            if table.counted:
                greatest = max(
                    (int(row[table.counted] or 0) for row in archive.rows(folder, table.name)),
                    default=0,
                )
                if greatest:
                    sql = _COUNT_ON.format(table.name, table.counted)
                    await connection.fetchval(sql, greatest)


async def _read(connection: asyncpg.Connection, table: Table, folder: Path) -> None:
    insert = table.insert()
    rows = archive.rows(folder, table.name)
    while chunk := list(islice(rows, _CHUNK)):
        columns = ([row[name] for row in chunk] for name in table.columns)
        try:
            await connection.execute(insert, *columns)
        except (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError) as error:
            reason = str(error).splitlines()[0]
            raise Invalid(
                f"{folder.name}/{table.name}.jsonl: {reason}", code="move.malformed"
            ) from error
