"""Step one of the relay: give what stands in the outbox its place in the ledger."""

import hashlib
from collections import Counter
from dataclasses import dataclass
from typing import Any

import prometheus_client

from crmkit.db.pool import Connection, Database
from crmkit.faults import point
from crmkit.metrics import REGISTRY

GENESIS = bytes(32)
_WAITING = """
select o.position, o.tenant_id, o.event_id, e.digest, e.type
from (select position, tenant_id, event_id from outbox order by position limit $1) o
left join lateral (
  select digest, type from event e where e.tenant_id = o.tenant_id and e.id = o.event_id limit 1
) e on true
order by o.position
"""
_HEAD = "select position, hash from ledger order by position desc limit 1"
_MOVE = """
with gone as (delete from outbox where position = any($1) returning 1),
     kept as (
       insert into ledger (position, tenant_id, event_id, hash)
       select * from unnest($2::bigint[], $3::uuid[], $4::uuid[], $5::bytea[])
     )
select crm.must((select count(*) from gone), $6)
"""


EVENTS = prometheus_client.Counter(
    "crm_ledger_events", "Events given their place", ["service", "type"], registry=REGISTRY
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the ledger."""

    position: int
    tenant_id: Any
    event_id: Any
    hash: bytes


def chain(previous: bytes, position: int, event_id: Any, digest: bytes) -> bytes:
    """sha256(previous || position || event_id || digest): the audit chain's link."""
    return hashlib.sha256(previous + position.to_bytes(8) + event_id.bytes + digest).digest()


async def sequence(service: str, database: Database, limit: int) -> int:
    """Move up to `limit` ids from outbox to ledger; how many there were.

    Only one may run at a time; the relay holds the lock for that on another connection.
    """
    async with database.transaction() as connection:
        waiting = await connection.fetch(_WAITING, limit)
        if waiting:
            await _move(connection, waiting)
            point("relay.in_sequence")
    for kind, count in Counter(row["type"] for row in waiting).items():
        EVENTS.labels(service, kind).inc(count)
    return len(waiting)


async def _move(connection: Connection, waiting: list[Any]) -> None:
    head = await connection.fetchrow(_HEAD)
    position, hash_ = (head["position"], head["hash"]) if head else (0, GENESIS)
    entries = []
    for row in waiting:
        position += 1
        hash_ = chain(hash_, position, row["event_id"], row["digest"])
        entries.append(Entry(position, row["tenant_id"], row["event_id"], hash_))
    await connection.execute(
        _MOVE,
        [row["position"] for row in waiting],
        [entry.position for entry in entries],
        [entry.tenant_id for entry in entries],
        [entry.event_id for entry in entries],
        [entry.hash for entry in entries],
        len(entries),
    )
