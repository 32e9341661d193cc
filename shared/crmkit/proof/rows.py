"""Whether the rows of each aggregate are what the newest of its events says.

When a row was made and last changed is told by its first and newest event, too: what was true as of
an instant is read by both.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any
from uuid import UUID

from crmkit.db.pool import Connection
from crmkit.db.rows import plan
from crmkit.events.envelope import REGISTRY
from crmkit.messaging.mirrors import Difference
from crmkit.proof.findings import Finding
from crmkit.service import Service

_TOUCHED = """
select distinct e.aggregate, e.tenant_id, e.aggregate_id
from ledger l join event e on e.tenant_id = l.tenant_id and e.id = l.event_id
where l.position >= $1 and l.position < $2
"""
_INSTANTS = """
('created_at', t.created_at::text, coalesce(first.recorded_at, t.created_at)::text),
('updated_at', t.updated_at::text, e.recorded_at::text)
"""
_WHOLE = "($1::uuid is null or {0}.tenant_id = $1)"
_SOME = "({0}.tenant_id, {0}.{1}) in (select * from unnest($1::uuid[], $2::uuid[]))"


def told_tables(service: Service) -> dict[str, tuple[str, ...]]:
    """The aggregates whose every change is an event, each with the columns its events tell of."""
    queues = {plan(cls).table for cls in service.queues}
    fields: dict[str, tuple[str, ...]] = {}
    for event in REGISTRY.values():
        if event.aggregate in service.metadata.tables and event.aggregate not in queues:
            fields[event.aggregate] = event.fields
    return dict(sorted(fields.items()))


async def check_rows(
    connection: Connection, service: str, table: str, fields: tuple[str, ...], tenant: UUID | None
) -> Finding:
    """Every row of the table, of one tenant or of all."""
    finding = Finding(service, f"rows of {table}")
    finding.looked_at = await connection.fetchval(
        f"select count(*) from {table} t where {_WHOLE.format('t')}", tenant
    )
    _note(finding, table, await connection.fetch(_statement(table, fields, False), tenant))
    _note(finding, table, await connection.fetch(_gaps(table), tenant))
    return finding


async def check_touched(
    connection: Connection, service: Service, first: int, size: int
) -> list[Finding]:
    """The rows that the ledger's entries from `first` on are about."""
    touched: dict[str, list[tuple[UUID, UUID]]] = {}
    for row in await connection.fetch(_TOUCHED, first, first + size):
        touched.setdefault(row["aggregate"], []).append((row["tenant_id"], row["aggregate_id"]))
    found = []
    for table, fields in told_tables(service).items():
        if keys := touched.get(table):
            finding = Finding(service.name, f"rows of {table}", len(keys))
            columns: Sequence[Any] = [list(column) for column in zip(*keys, strict=True)]
            _note(finding, table, await connection.fetch(_statement(table, fields, True), *columns))
            found.append(finding)
    return found


def _note(finding: Finding, table: str, rows: Sequence[Any]) -> None:
    for row in rows:
        kept, wanted = (str(row[name]) for name in ("kept", "wanted"))
        finding.note(
            Difference(table, row["tenant_id"], str(row["id"]), row["field"], kept, wanted)
        )


@cache
def _statement(table: str, fields: tuple[str, ...], some: bool) -> str:
    """Fields that differ: of the row, and of the row that the newest event's state would make."""
    where = _SOME if some else _WHOLE
    values = ", ".join(_field(name) for name in fields if name != "id")
    return f"""
select coalesce(t.tenant_id, e.tenant_id) as tenant_id, coalesce(t.id, e.aggregate_id) as id,
  v.field, v.kept, v.wanted
from (
  select distinct on (tenant_id, aggregate_id) tenant_id, aggregate_id, version, recorded_at,
    data
  from event where aggregate = '{table}' and {where.format("event", "aggregate_id")}
  order by tenant_id, aggregate_id, version desc
) e
full join (select * from {table} where {where.format(table, "id")}) t
  on t.tenant_id = e.tenant_id and t.id = e.aggregate_id
left join event first on first.tenant_id = e.tenant_id and first.aggregate_id = e.aggregate_id
  and first.aggregate = '{table}' and first.version = 1
left join lateral json_populate_record(null::{table}, e.data -> 'state') s on true
cross join lateral (
  select 'version' as field, coalesce(t.version::text, 'no row') as kept,
    coalesce(e.version::text, 'no event') as wanted
  union all
  select * from (values {values}, {_INSTANTS}) f where t.version = e.version
) v
where v.kept is distinct from v.wanted
limit 1000
"""


def _field(name: str) -> str:
    """What an older event does not tell yet cannot differ."""
    told = f"e.data -> 'state' -> '{name}' is not null"
    return (
        f"('{name}', t.{name}::text, case when {told} then s.{name}::text else t.{name}::text end)"
    )


@cache
def _gaps(table: str) -> str:
    return f"""
select tenant_id, aggregate_id as id, 'versions' as field,
  count(*) || ' events' as kept, max(version) || ' versions from 1' as wanted
from event where aggregate = '{table}' and {_WHOLE.format("event")}
group by tenant_id, aggregate_id
having count(*) <> max(version) or min(version) <> 1 or count(distinct version) <> count(*)
limit 1000
"""
