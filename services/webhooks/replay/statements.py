"""SQL by which a replay goes through the feed, a batch for each statement."""

from services.webhooks.delivery.statements import BODY, COLUMNS, HEARS

WAITING = 500
"""Deliveries of one replay that may be on their way at once."""

DUE = """
with running as (
  select r.*, (
    select count(*) from (
      select from webhook_delivery d
      where d.tenant_id = r.tenant_id and d.replay_id = r.id and d.state in ('pending', 'paused')
      limit $1) w
  ) as waiting
  from webhook_replay r where r.state = 'running'
)
select tenant_id, id, place_at, place_id, to_at, scanned from running
where case when scanned then waiting = 0 else waiting < $1 end
order by updated_at limit 10
"""
BATCH = """
select id, recorded_at, body from feed_event
where tenant_id = $1 and (recorded_at, id) > ($2, $3) and recorded_at < $4
order by recorded_at, id limit 200
"""
# One statement, so that a crash leaves it done or undone; whoever comes second finds that the
# place has moved, and does nothing.
PUT = f"""
with mine as (
  select * from webhook_replay
  where tenant_id = $1 and id = $2 and state = 'running' and place_at = $3 and place_id = $4
  for update
), put as (
  insert into webhook_delivery ({COLUMNS})
  select f.tenant_id, uuidv7(), 1, now(), now(), e.id, f.id,
    f.cursor, f.type, f.aggregate_id, {BODY},
    case when e.status = 'active' then 'pending' else 'paused' end, 0, 1, now(), '',
    e.owner_id, e.team, false, r.id
  from mine r
  cross join unnest($8::uuid[], $9::text[], $10::text[], $11::text[]) b (id, body, masked, thin)
  join feed_event f on f.tenant_id = r.tenant_id and f.id = b.id
  join endpoint e on e.tenant_id = r.tenant_id and e.id = r.endpoint_id
    and e.types ?| array['*', f.aggregate || '.*', f.type]
    and r.types ?| array['*', f.aggregate || '.*', f.type]
    and {HEARS}
  left join webhook_delivery past on past.tenant_id = r.tenant_id and past.endpoint_id = e.id
    and past.event_id = f.id
  where r.states = '[]' or r.states ? past.state
  order by f.cursor
  on conflict (tenant_id, endpoint_id, event_id) do update set
    state = excluded.state, attempts = 0, replays = webhook_delivery.replays + 1,
    next_at = excluded.next_at, replay_id = excluded.replay_id, updated_at = excluded.updated_at
  where webhook_delivery.state in ('delivered', 'exhausted', 'skipped')
  returning 1
)
update webhook_replay r
set place_at = $5, place_id = $6, scanned = $7, updated_at = now(),
  found = r.found + (select count(*) from put)
from mine where r.tenant_id = mine.tenant_id and r.id = mine.id
"""
