"""The events of all services, kept in one order."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from crmkit.db.pool import Connection
from crmkit.events.envelope import Wire
from services.webhooks import bodies

_ALONE = "set local lock_timeout = '20s'; select pg_advisory_xact_lock(hashtext('crm.feed'))"
_APPEND = """
insert into feed_event (tenant_id, id, version, created_at, updated_at, type, aggregate,
  aggregate_id, occurred_at, recorded_at, actor, owner_id, team, body)
select tenant_id, id, version, now(), now(), type, aggregate,
  aggregate_id, occurred_at, recorded_at, actor, owner_id, team, body
from unnest($1::uuid[], $2::uuid[], $3::int[], $4::text[], $5::text[], $6::uuid[],
  $7::timestamptz[], $8::timestamptz[], $9::text[], $10::uuid[], $11::text[], $12::text[])
  with ordinality w (tenant_id, id, version, type, aggregate, aggregate_id, occurred_at,
  recorded_at, actor, owner_id, team, body, n)
order by n
on conflict (tenant_id, id) do nothing
"""


class Append:
    """Appends each event once."""

    def __init__(self) -> None:
        self.aggregates = frozenset(bodies.told().values())

    async def apply(self, connection: Connection, events: Sequence[Wire]) -> None:
        told = [event for event in events if bodies.is_told(event)]
        if not told:
            return
        # A cursor on an identity column loses rows that commit late. Here none can: whoever appends
        # holds this lock until the commit, so cursors become visible in the order they were given.
        await connection.execute(_ALONE)
        await connection.execute(_APPEND, *map(list, zip(*map(_row, told), strict=True)))


def _row(event: Wire) -> tuple[Any, ...]:
    state = event.body().state
    owner_id = state.get("owner_id")
    return (
        event.tenantid,
        event.id,
        event.aggregateversion,
        event.type,
        event.type.split(".", maxsplit=1)[0],
        event.subject,
        event.time,
        event.recordedat,
        event.actor,
        UUID(owner_id) if owner_id else None,
        state.get("team") or "",
        bodies.body(event),
    )


append = Append()
