"""What a service has told, read from its own ledger, as the broker would bring it."""

from collections.abc import AsyncIterator, Collection
from typing import Any
from uuid import UUID
from zlib import crc32

from crmkit.db.pool import Connection
from crmkit.events.envelope import Wire, read, topic
from crmkit.messaging.publisher import envelope

_TOLD = """coalesce(l.position, 0) as position, e.tenant_id, e.id, e.aggregate, e.aggregate_id,
  e.version, e.type, e.occurred_at, e.recorded_at, e.actor, e.cause, e.traceparent, e.data
from event e left join ledger l on l.tenant_id = e.tenant_id and l.event_id = e.id
where e.aggregate = $1"""
_EVENT = f"{_TOLD} and ($2::uuid is null or e.tenant_id = $2)"
_OF = f"{_TOLD} and (e.tenant_id, e.{{}}) in (select * from unnest($2::uuid[], $3::uuid[]))"
_NEWEST = """
select distinct on (e.tenant_id, e.aggregate_id) {}
order by e.tenant_id, e.aggregate_id, e.version desc
"""
_EVERY = "select {} order by e.tenant_id, e.id"
_VERSIONS = "select {} order by e.tenant_id, e.aggregate_id, e.version"
_OF_VERSION = f"select {_EVENT} and e.aggregate_id = $3 and e.version = $4"
_ERASURE = f"select {_EVENT} and e.aggregate_id = $3 and e.type = $1 || '.erased.v1'"
_GIVEN_UP = "select coalesce(max(last), 0) from ledger_resumed"
_PAGE = """
select l.position, e.tenant_id, e.id, e.aggregate, e.aggregate_id, e.version, e.type,
  e.occurred_at, e.recorded_at, e.actor, e.cause, e.traceparent, e.data
from (select * from ledger where position > $1 order by position limit $2) l
left join event e on e.tenant_id = l.tenant_id and e.id = l.event_id
order by l.position
"""
_BETWEEN = """
select l.position, e.tenant_id, e.id, e.aggregate, e.aggregate_id, e.version, e.type,
  e.occurred_at, e.recorded_at, e.actor, e.cause, e.traceparent, e.data
from ledger l join event e on e.tenant_id = l.tenant_id and e.id = l.event_id
where l.position > $1 and l.position <= $2 and e.aggregate = $3
order by l.position limit $4
"""
Keys = tuple[list[UUID], list[UUID]]
"""Tenants and ids, pair by pair."""
Whose = UUID | Keys | None
"""A tenant's, those of some keys, or all."""


def newest(
    connection: Connection, service: str, aggregate: str, whose: Whose
) -> AsyncIterator[Wire]:
    """The newest event of each record, by tenant and id; position 0 while it is in the outbox."""
    return _wires(connection, service, _NEWEST, aggregate, whose)


def every(
    connection: Connection, service: str, aggregate: str, whose: Whose
) -> AsyncIterator[Wire]:
    """Every event of the aggregate, by tenant and id of the event; keys are of events."""
    return _wires(connection, service, _EVERY, aggregate, whose, "id")


def versions(
    connection: Connection, service: str, aggregate: str, whose: Whose
) -> AsyncIterator[Wire]:
    """Every event of the aggregate, by tenant, id of the record and version."""
    return _wires(connection, service, _VERSIONS, aggregate, whose)


async def between(
    connection: Connection, service: str, span: tuple[int, int], aggregate: str, limit: int
) -> list[Wire]:
    """The first events of the aggregate past one position and up to another."""
    rows = await connection.fetch(_BETWEEN, *span, aggregate, limit)
    return [wire(service, row) for row in rows]


async def of_version(
    connection: Connection, service: str, newer: Wire, version: int
) -> Wire | None:
    """The event of an earlier version of the record that `newer` is about."""
    aggregate = newer.type.split(".", maxsplit=1)[0]
    row = await connection.fetchrow(_OF_VERSION, aggregate, newer.tenantid, newer.subject, version)
    return wire(service, row) if row else None


async def erasure_of(connection: Connection, service: str, event: Wire) -> Wire | None:
    """The event that tells that the record of this one was erased."""
    aggregate = event.type.split(".", maxsplit=1)[0]
    row = await connection.fetchrow(_ERASURE, aggregate, event.tenantid, event.subject)
    return wire(service, row) if row else None


async def page(
    connection: Connection, service: str, after: int, limit: int, aggregates: Collection[str]
) -> tuple[int, list[Wire]]:
    """The ledger's next events past a position, of these aggregates; how far that reaches.

    LookupError where the ledger names an event that is gone.
    """
    rows = await connection.fetch(_PAGE, after, limit)
    if any(row["id"] is None for row in rows):
        raise LookupError(f"the ledger of {service} has lost events: see crm verify {service}")
    reached = rows[-1]["position"] if rows else after
    return reached, [wire(service, row) for row in rows if row["aggregate"] in aggregates]


async def given_up(connection: Connection) -> int:
    """The last position that was told and lost, and is never given again; 0 where there is none."""
    return int(await connection.fetchval(_GIVEN_UP))


def wire(service: str, row: Any) -> Wire:
    """An event's row as its envelope."""
    return read(envelope(service, row, 0))


def slot(event: Wire, partitions: int) -> tuple[str, int]:
    """The topic and partition that the publisher sends the event to."""
    key = f"{event.tenantid}:{event.subject}".encode()
    return topic(event.type.split(".", maxsplit=1)[0]), crc32(key) % partitions


async def _wires(
    connection: Connection,
    service: str,
    sql: str,
    aggregate: str,
    whose: Whose,
    key: str = "aggregate_id",
) -> AsyncIterator[Wire]:
    text, arguments = (_OF.format(key), whose) if isinstance(whose, tuple) else (_EVENT, (whose,))
    async for row in connection.cursor(sql.format(text), aggregate, *arguments, prefetch=1000):
        yield wire(service, row)
