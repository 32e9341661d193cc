"""SQL and rows that what appends, checks, lists and replays share, so that each means one thing."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from crmkit.events.envelope import Wire
from services.webhooks import bodies

COLUMNS = (
    "tenant_id",
    "id",
    "version",
    "type",
    "aggregate",
    "aggregate_id",
    "occurred_at",
    "recorded_at",
    "actor",
    "owner_id",
    "team",
    "body",
)
# What was taken away from the feed is no news when it is told again, as an import does.
APPEND = """
insert into feed_event (tenant_id, id, version, created_at, updated_at, type, aggregate,
  aggregate_id, occurred_at, recorded_at, actor, owner_id, team, body)
select tenant_id, id, version, now(), now(), type, aggregate,
  aggregate_id, occurred_at, recorded_at, actor, owner_id, team, body
from unnest($1::uuid[], $2::uuid[], $3::int[], $4::text[], $5::text[], $6::uuid[],
  $7::timestamptz[], $8::timestamptz[], $9::text[], $10::uuid[], $11::text[], $12::text[])
  with ordinality w (tenant_id, id, version, type, aggregate, aggregate_id, occurred_at,
  recorded_at, actor, owner_id, team, body, n)
where not exists (
  select from feed_trim t where t.tenant_id = w.tenant_id and t.recorded_at >= w.recorded_at)
order by n
on conflict (tenant_id, id) do nothing
"""

TOLD_OF = """
select f.tenant_id, f.id, f.body from feed_event f
join unnest($1::uuid[], $2::uuid[], $3::int[]) e (tenant_id, aggregate_id, version)
  on f.tenant_id = e.tenant_id and f.aggregate_id = e.aggregate_id and f.version < e.version
order by f.tenant_id, f.id
"""
REWRITE = """
update feed_event f set body = e.body, updated_at = now()
from unnest($1::uuid[], $2::uuid[], $3::text[]) e (tenant_id, id, body)
where f.tenant_id = e.tenant_id and f.id = e.id and f.body <> e.body
"""
"""What the feed told of records before they were erased, and what is left of it."""

HOLDS = """
not exists (
  select from jsonb_array_elements({conditions}) c (one)
  where not coalesce(case
    when one ? 'changed' then {data} -> 'changed' ? (one ->> 'changed')
    when one ? 'in' then one -> 'in' @> ({data} -> 'state' -> (one ->> 'field'))
    else not one -> 'not_in' @> ({data} -> 'state' -> (one ->> 'field'))
  end, false)
)
"""
"""All conditions hold; an event without the field passes none that is about it."""


def rows(events: Sequence[Wire]) -> list[tuple[Any, ...]]:
    """The values of COLUMNS of each event that is told."""
    return [_row(event) for event in events if bodies.is_told(event)]


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
