"""Step one of the relay: give what stands in the outbox its place in the ledger."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from typing import Any

import asyncpg
import prometheus_client

from crmkit.db.pool import Connection, Database
from crmkit.faults import point
from crmkit.messaging.heads import HEAD_DIGEST
from crmkit.metrics import REGISTRY

GENESIS = bytes(32)
FORM = 2
"""Of the entries that are made now. The links of form 1 cover the digest and no head."""

LAST = """greatest(
    (select max(position) from ledger), (select max(last) from ledger_resumed), 0
  )"""
"""The last position told or given up, as SQL; 0 before the first."""

_WAITING = f"""
select l.position + row_number() over (order by o.position) as position, l.hash as before,
  o.position as waits, o.event_id, e.*
from (select {LAST} as position,
        (select hash from ledger order by position desc limit 1) as hash) l
cross join (select position, tenant_id, event_id from outbox order by position limit $1) o
left join lateral (
  select tenant_id, id, aggregate, aggregate_id, version, type, occurred_at, recorded_at, actor,
    cause, traceparent, data, digest, {HEAD_DIGEST} as head
  from event e where e.tenant_id = o.tenant_id and e.id = o.event_id limit 1
) e on true
order by o.position
"""
_MOVE = """
with gone as (delete from outbox where position = any($1) returning 1),
     kept as (
       insert into ledger (position, tenant_id, event_id, hash, head, form)
       select *, $7::smallint
       from unnest($2::bigint[], $3::uuid[], $4::uuid[], $5::bytea[], $6::bytea[])
     )
select crm.must((select count(*) from gone), $8)
"""


EVENTS = prometheus_client.Counter(
    "crm_ledger_events", "Events given their place", ["service", "type"], registry=REGISTRY
)


def chain(previous: bytes, position: int, event_id: Any, digest: bytes, head: bytes) -> bytes:
    """sha256(previous || position || event_id || digest || head): the audit chain's link.

    `head` is the SHA-256 of the event's head (32 bytes); empty in form 1, so that no link is good
    in both forms.
    """
    return hashlib.sha256(previous + position.to_bytes(8) + event_id.bytes + digest + head).digest()


async def sequence(service: str, database: Database, limit: int) -> list[asyncpg.Record]:
    """Move up to `limit` ids from outbox to ledger; the events, each at its `position` there.

    Only one may run at a time; the relay holds the lock for that on another connection.
    """
    async with database.transaction() as connection:
        waiting = await connection.fetch(_WAITING, limit)
        if waiting:
            await _move(connection, waiting)
            point("relay.in_sequence")
    for kind, count in Counter(row["type"] for row in waiting).items():
        EVENTS.labels(service, kind).inc(count)
    return waiting


async def _move(connection: Connection, waiting: Sequence[asyncpg.Record]) -> None:
    hash_ = waiting[0]["before"] or GENESIS
    hashes = []
    for row in waiting:
        hash_ = chain(hash_, row["position"], row["event_id"], row["digest"], row["head"])
        hashes.append(hash_)
    await connection.execute(
        _MOVE,
        [row["waits"] for row in waiting],
        [row["position"] for row in waiting],
        [row["tenant_id"] for row in waiting],
        [row["event_id"] for row in waiting],
        hashes,
        [row["head"] for row in waiting],
        FORM,
        len(waiting),
    )
