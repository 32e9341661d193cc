"""SQL by which events become deliveries: as they come, and when they are replayed."""

from services.webhooks.feed.statements import HOLDS

COLUMNS = """tenant_id, id, version, created_at, updated_at, endpoint_id, event_id,
  event_cursor, type, aggregate_id, body, state, attempts, replays, next_at, last_error,
  owner_id, team, live, replay_id"""
BODY = """
case when e.payload = 'thin' then b.thin when e.sees = 'all' then b.body else b.masked end
"""
HEARS = f"""
e.deleted_at is null
and f.aggregate_id <> e.id
and (e.sees = 'all' or (b.masked is not null and f.owner_id = e.owner_id))
and case when e.filters = '[]' then true
  else {HOLDS.format(conditions="e.filters", data="(f.body::jsonb -> 'data')")} end
"""
"""What endpoint `e` may and wants to hear of event `f`, its types apart. An endpoint hears nothing
of itself: what it fails to take would make more of it."""

# Events and deliveries are written in one transaction, whose beginning is `now()`: what the feed
# holds already has had its deliveries, kept or not, however often it is told again. An endpoint
# hears what was recorded since it was made, also of what arrives late. The two instants are those
# of two services' processes: who has just made one whose clock is ahead, or records by one that is
# behind, would never be told; so it hears a little of before rather than nothing of after.
CLOCKS_DIFFER = "2 hours"
FAN_OUT = f"""
insert into webhook_delivery ({COLUMNS})
select f.tenant_id, uuidv7(), 1, now(), now(), e.id, f.id,
  f.cursor, f.type, f.aggregate_id, {BODY},
  case when e.status = 'active' then 'pending' else 'paused' end, 0, 0, now(), '',
  e.owner_id, e.team, true, null
from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[])
  b (tenant_id, id, body, masked, thin)
join feed_event f on f.tenant_id = b.tenant_id and f.id = b.id and f.created_at = now()
join endpoint e on e.tenant_id = f.tenant_id
  and e.created_at <= f.recorded_at + interval '{CLOCKS_DIFFER}'
  and e.types ?| array['*', f.aggregate || '.*', f.type]
  and {HEARS}
order by f.cursor
on conflict (tenant_id, endpoint_id, event_id) do nothing
"""
SENT_OF = """
select d.tenant_id, d.id, d.body from webhook_delivery d
join unnest($1::uuid[], $2::uuid[], $3::int[]) e (tenant_id, aggregate_id, version)
  on d.tenant_id = e.tenant_id and d.aggregate_id = e.aggregate_id
where (d.body::jsonb ->> 'aggregateversion')::int < e.version
order by d.tenant_id, d.id for update of d
"""
REWRITE = """
with emptied as (
  update webhook_delivery d set body = e.body
  from unnest($1::uuid[], $2::uuid[], $3::text[]) e (tenant_id, id, body)
  where d.tenant_id = e.tenant_id and d.id = e.id
)
update webhook_attempt a set answer = ''
from unnest($1::uuid[], $2::uuid[]) e (tenant_id, id)
where a.tenant_id = e.tenant_id and a.delivery_id = e.id and a.answer <> ''
"""
"""What was or will be sent of records that were erased, with the answers, which may repeat it."""

TRIAL = f"""
insert into webhook_delivery ({COLUMNS})
select e.tenant_id, uuidv7(), 1, now(), now(), e.id, b.id,
  0, $6, e.id, case when e.payload = 'thin' then b.thin else b.body end, 'pending', 0, 0, now(), '',
  e.owner_id, e.team, false, null
from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[])
  b (tenant_id, id, endpoint_id, body, thin)
join endpoint e on e.tenant_id = b.tenant_id and e.id = b.endpoint_id and e.deleted_at is null
on conflict (tenant_id, endpoint_id, event_id) do nothing
"""
