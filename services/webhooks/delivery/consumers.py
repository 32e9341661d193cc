"""From events to deliveries, in the transaction in which the feed takes the events in."""

from collections.abc import Sequence
from typing import Any, ClassVar

from crmkit.db.pool import Connection
from crmkit.events.envelope import Wire
from crmkit.events.webhooks import EndpointTested
from services.webhooks import bodies
from services.webhooks.policy import PARTNER_AGGREGATES, PERSONAL

# An endpoint hears what was recorded since it was made: else a log that is read again from its
# start would tell it all that ever happened.
_FAN_OUT = """
insert into webhook_delivery (tenant_id, id, version, created_at, updated_at, endpoint_id, event_id,
  event_cursor, type, aggregate_id, body, state, attempts, replays, next_at, last_error,
  owner_id, team)
select f.tenant_id, uuidv7(), 1, now(), now(), e.id, f.id,
  f.cursor, f.type, f.aggregate_id, case when e.sees = 'all' then b.body else b.masked end,
  case when e.status = 'active' then 'pending' else 'paused' end, 0, 0, now(), '',
  e.owner_id, e.team
from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[]) b (tenant_id, id, body, masked)
join feed_event f on f.tenant_id = b.tenant_id and f.id = b.id
join endpoint e on e.tenant_id = f.tenant_id and e.deleted_at is null
  and e.created_at <= f.recorded_at
  and e.types ?| array['*', f.aggregate || '.*', f.type]
  and (e.sees = 'all' or (b.masked is not null and f.owner_id = e.owner_id))
order by f.cursor
on conflict (tenant_id, endpoint_id, event_id) do nothing
"""
_TRIAL = """
insert into webhook_delivery (tenant_id, id, version, created_at, updated_at, endpoint_id, event_id,
  event_cursor, type, aggregate_id, body, state, attempts, replays, next_at, last_error,
  owner_id, team)
select e.tenant_id, uuidv7(), 1, now(), now(), e.id, b.id,
  0, $5, e.id, b.body, 'pending', 0, 0, now(), '',
  e.owner_id, e.team
from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[]) b (tenant_id, id, endpoint_id, body)
join endpoint e on e.tenant_id = b.tenant_id and e.id = b.endpoint_id and e.deleted_at is null
on conflict (tenant_id, endpoint_id, event_id) do nothing
"""


class FanOut:
    """One delivery for each event and each endpoint that wants it; comes after the feed's fold."""

    lasting: ClassVar[bool] = True

    def __init__(self) -> None:
        self.aggregates = frozenset(bodies.told().values())

    async def apply(self, connection: Connection, events: Sequence[Wire]) -> None:
        await connection.execute(_FAN_OUT, *map(list, zip(*map(_row, events), strict=True)))


class Trials:
    """A test event goes to the one endpoint it is about."""

    lasting: ClassVar[bool] = True

    aggregates = frozenset({EndpointTested.aggregate})

    async def apply(self, connection: Connection, events: Sequence[Wire]) -> None:
        rows = [
            (event.tenantid, event.id, event.subject, bodies.body(event))
            for event in events
            if event.type == EndpointTested.type
        ]
        if rows:
            columns = map(list, zip(*rows, strict=True))
            await connection.execute(_TRIAL, *columns, EndpointTested.type)


def _row(event: Wire) -> tuple[Any, ...]:
    whole = bodies.fitted(bodies.body(event))
    aggregate = event.type.split(".", maxsplit=1)[0]
    masked = bodies.masked(whole, PERSONAL) if aggregate in PARTNER_AGGREGATES else None
    return event.tenantid, event.id, whole, masked


fan_out = FanOut()
trials = Trials()
