"""SQL that makes rows, events and facts by the hundred thousand, as commands and folds would have
made them. $1 tenant, $2 first row, $3 the row after the last, $4 until when, $5 events of each row;
of events also $6 the place of the first and $7 the state as a form for `format`."""

HASTE = """
set synchronous_commit = off; set maintenance_work_mem = '256MB'; set work_mem = '64MB';
set session_replication_role = replica -- triggers rest: no row waits for what it is found by
"""
SEARCHED = """
select id, company, contact_name, email, phone, received_at as at from lead
where tenant_id = $1 and id > $2 order by id limit $3
"""
SEARCH_GAP = """
insert into lead (tenant_id, id, version, created_at, updated_at, company, contact_name, email,
  source, status, need, product, region, owner_id, team, received_at, disqualified_reason,
  opportunity_name, custom)
select $1, made.row_id($2::int + n), 1, now(), now(), 'Visitor ' || n, 'Li Lei',
  'v' || n || '@fair.example', 'fair', 'new', '', '', made.region(n), made.seller_id(n),
  made.team(n), now() - make_interval(secs => n / 100.0), '', '', '{}'
from generate_series(0, $3::int - 1) n
"""
"""$2 is the first row. They came within minutes, last of all."""

MEMBERS = """
insert into directory_member (tenant_id, id, version, name, team, region, active)
select $1, made.member_id(n), 1, 'Seller ' || n, made.team(n), made.region(n), true
from generate_series(0, $2::int - 1) n
"""
ZONE = """
insert into directory_tenant
  (tenant_id, version, name, time_zone, base_currency, fiscal_year_start)
values ($1, 1, 'Benchmark', 'Asia/Shanghai', 'CNY', 1)
"""
PIPELINE = """
insert into pipeline (tenant_id, id, version, created_at, updated_at, name, is_default, stages)
values ($1, $2, 1, now(), now(), $3, true, $4)
"""
LEADS = """
insert into lead (tenant_id, id, version, created_at, updated_at, company, contact_name, email,
  phone, source, status, need, budget, currency, product, region, owner_id, team, received_at,
  qualified_at, disqualified_reason, opportunity_name, custom)
select $1, made.row_id(n), $5, made.instant(n, $4), made.instant(n, $4), made.company(n),
  made.person(n), made.email(n), made.phone(n), made.source(n), made.status(n),
  'Two lines of visual inspection for gearbox housings', 250000, 'CNY', 'VX-200', made.region(n),
  made.seller_id(n), made.team(n), made.instant(n, $4),
  case when made.status(n) = 'qualified' then made.instant(n, $4) + interval '1 day' end,
  '', '', '{}'
from generate_series($2::int, $3::int - 1) n
"""
OPPORTUNITIES = """
insert into opportunity (tenant_id, id, version, created_at, updated_at, name, pipeline_id, stage,
  status, probability, amount, currency, product, source, owner_id, team, region, opened_at, won_at,
  lost_reason, imported, custom)
select $1, made.row_id(n), $5, made.instant(n, $4), made.instant(n, $4), 'Deal ' || n, $6,
  'qualification', case when n % 4 = 3 then 'won' else 'open' end,
  10, 250000, 'CNY', 'VX-200', made.source(n),
  made.seller_id(n), made.team(n), made.region(n), made.instant(n, $4),
  case when n % 4 = 3 then made.instant(n, $4) + interval '1 day' end, '', false, '{}'
from generate_series($2::int, $3::int - 1) n
"""
POOL = """
with pool as (
  insert into pool (tenant_id, id, version, created_at, updated_at, name, active)
  values ($1, $2, 1, now(), now(), 'East', true))
insert into pool_rule (tenant_id, id, version, created_at, updated_at, pool_id, effective_on,
  claim_cap_per_day, holding_cap, previous_owner_cooldown_hours, default_protect_days,
  extend_days_per_activity, max_protect_days, warn_days, mask_contact_until_claimed)
values ($1, gen_random_uuid(), 1, now(), now(), $2, '2020-01-01', 100000, 100000, 72, 10, 3, 20,
  '[3, 1]', true)
"""
SEATS = """
insert into pool_member (tenant_id, id, version, created_at, updated_at, pool_id, member_id, role,
  active, claimed, received, regions)
select $1, gen_random_uuid(), 1, now(), now(), $2, made.member_id(n), 'member', true, 0, 0, '[]'
from generate_series(0, $3::int - 1) n
"""
POOLED = """
insert into lead (tenant_id, id, version, created_at, updated_at, company, contact_name, email,
  phone, source, status, need, product, region, owner_id, team, pool_id, received_at,
  disqualified_reason, opportunity_name, custom)
select $1, made.row_id($3::int + n), 1, now(), now(), 'Company ' || n, 'Li Lei',
  'buyer@example.com', '+8613800000000', made.source(n), 'new', '', 'VX-200', made.region(n), $2,
  '', $2, made.instant(n, $5), '', '', '{}'
from generate_series(0, $4::int - 1) n
"""
"""$2 is the pool. They came over the year as all others did, and do not stand before these."""

LEAD_EVENTS = """
insert into event (tenant_id, id, aggregate, aggregate_id, version, type, occurred_at, recorded_at,
  actor, data, salt, digest)
select $1, id, 'lead', aggregate_id, v, type, at, at, 'member:' || owner, data, salt,
  sha256(salt || convert_to(data::text, 'UTF8'))
from (
  select made.event_id($6::bigint + (v - 1) * ($3::int - $2::int) + n - $2::int, $4) as id,
    made.row_id(n) as aggregate_id, v, made.instant(n, $4) as at, made.seller_id(n) as owner,
    case when v = 1 then 'lead.created.v1' else 'lead.updated.v1' end as type,
    '\\x00112233445566778899aabbccddeeff'::bytea as salt,
    format($7, made.row_id(n), made.seller_id(n), made.team(n), made.region(n), made.source(n),
      made.json(made.instant(n, $4)), case when v < $5 then 'new' else made.status(n) end,
      made.json(case when v = $5 and made.status(n) = 'qualified'
        then made.instant(n, $4) + interval '1 day' end), made.company(n))::json as data
  from generate_series(1, $5::int) v, generate_series($2::int, $3::int - 1) n
) made
"""
OPPORTUNITY_EVENTS = """
insert into event (tenant_id, id, aggregate, aggregate_id, version, type, occurred_at, recorded_at,
  actor, data, salt, digest)
select $1, id, 'opportunity', aggregate_id, v, type, at, at, 'member:' || owner, data, salt,
  sha256(salt || convert_to(data::text, 'UTF8'))
from (
  select made.event_id($6::bigint + (n - $2::int) * $5::int + v - 1, $4) as id,
    made.row_id(n) as aggregate_id, v, made.instant(n, $4) as at, made.seller_id(n) as owner,
    case when v = 1 then 'opportunity.created.v1' else 'opportunity.updated.v1' end as type,
    '\\x00112233445566778899aabbccddeeff'::bytea as salt,
    format($7, made.row_id(n), made.seller_id(n), made.team(n), made.region(n), made.source(n),
      made.json(made.instant(n, $4)), case when v = $5 and n % 4 = 3 then 'won' else 'open' end,
      made.json(case when v = $5 and n % 4 = 3 then made.instant(n, $4) + interval '1 day' end),
      'Deal ' || n)::json as data
  from generate_series($2::int, $3::int - 1) n, generate_series(1, $5::int) v
) made
"""
EVENTS_ALIKE = """
insert into event (tenant_id, id, aggregate, aggregate_id, version, type, occurred_at, recorded_at,
  actor, data, salt, digest)
select $1, made.event_id($5::bigint + n - $2::int, $4), $6::text, made.row_id(n), 1,
  $6::text || '.created.v1', made.instant(n, $4), made.instant(n, $4),
  'member:' || made.seller_id(n), $7::json, $8, $9
from generate_series($2::int, $3::int - 1) n
"""
LEAD_FACTS = """
insert into fact_lead (tenant_id, id, version, deleted, owner_id, team, region, source, product,
  kind, currency, received_at, qualified_at)
select $1, made.row_id(n), $5, false, made.seller_id(n), made.team(n), made.region(n),
  made.source(n), 'VX-200', '', '', made.instant(n, $4),
  case when made.status(n) = 'qualified' then made.instant(n, $4) + interval '1 day' end
from generate_series($2::int, $3::int - 1) n
"""
OPPORTUNITY_FACTS = """
insert into fact_opportunity (tenant_id, id, version, deleted, owner_id, team, region, source,
  product, kind, currency, amount, opened_at, won_at)
select $1, made.row_id(n), $5, false, made.seller_id(n), made.team(n), made.region(n),
  made.source(n), 'VX-200', '', 'CNY', 250000, made.instant(n, $4),
  case when n % 4 = 3 then made.instant(n, $4) + interval '1 day' end
from generate_series($2::int, $3::int - 1) n
"""
LEAD_HISTORY = """
insert into fact_lead_history (tenant_id, id, version, deleted, owner_id, team, region, source,
  product, kind, currency, received_at, qualified_at, recorded_at, event_id, type, actor)
select $1, made.row_id(n), v, false, made.seller_id(n), made.team(n), made.region(n),
  made.source(n), 'VX-200', '', '', made.instant(n, $4),
  case when v = $5 and made.status(n) = 'qualified' then made.instant(n, $4) + interval '1 day' end,
  made.instant(n, $4),
  made.event_id($6::bigint + (v - 1) * ($3::int - $2::int) + n - $2::int, $4),
  case when v = 1 then 'lead.created.v1' else 'lead.updated.v1' end, 'member:' || made.seller_id(n)
from generate_series($2::int, $3::int - 1) n, generate_series(1, $5::int) v
"""
OPPORTUNITY_HISTORY = """
insert into fact_opportunity_history (tenant_id, id, version, deleted, owner_id, team, region,
  source, product, kind, currency, amount, opened_at, won_at, recorded_at, event_id, type, actor)
select $1, made.row_id(n), v, false, made.seller_id(n), made.team(n), made.region(n),
  made.source(n), 'VX-200', '', 'CNY', 250000, made.instant(n, $4),
  case when v = $5 and n % 4 = 3 then made.instant(n, $4) + interval '1 day' end,
  made.instant(n, $4), made.event_id($6::bigint + (n - $2::int) * $5::int + v - 1, $4),
  case when v = 1 then 'opportunity.created.v1' else 'opportunity.updated.v1' end,
  'member:' || made.seller_id(n)
from generate_series($2::int, $3::int - 1) n, generate_series(1, $5::int) v
"""
INDEXES = """
select i.indexname, i.indexdef from pg_indexes i
where i.schemaname = 'public' and i.tablename = $1 and i.indexname <> $1 || '_pkey'
order by i.indexname
"""
SUMS = """
select measure, sum(n)::bigint as n, sum(amount) as amount from rollup_day
where tenant_id = $1 group by measure having sum(n) <> 0 order by measure
"""
FORGET = """
truncate fact_lead, fact_lead_history, fact_opportunity, fact_opportunity_history, rollup_day,
  rollup_week, watermark
"""
CLEAR = "delete from rollup_day where tenant_id = $1"
TELL = """
insert into outbox (tenant_id, event_id)
select tenant_id, id from event where tenant_id = $1 order by id limit $2
"""
HEADS = "select topic, partition, position from published"
MARKS = "select topic, partition, position from watermark where producer = $1"
LEADS_FOLDED = "select count(*) from fact_lead_history"
DEALS_FOLDED = "select count(*) from fact_opportunity_history"
DELIVERIES = """
insert into webhook_delivery (tenant_id, id, version, created_at, updated_at, endpoint_id, event_id,
  event_cursor, type, aggregate_id, body, state, attempts, replays, next_at, last_error, owner_id,
  team, live)
select e.tenant_id, uuidv7(), 1, now(), now(), e.id, uuidv7(), n, 'lead.created.v1', uuidv7(), $2,
  'pending', 0, 0, now(), '', e.owner_id, e.team, true
from endpoint e, generate_series(1, $3::int) n where e.tenant_id = $1
"""
DELIVERED = "select count(*) from webhook_delivery where state = 'delivered' and event_cursor > 0"
PAUSED = "select count(*) from webhook_delivery where state <> 'delivered'"
ARRIVALS = """
select percentile_cont(0.5) within group (order by late) as p50,
  percentile_cont(0.99) within group (order by late) as p99, count(*) as n
from (
  select extract(epoch from pg_xact_commit_timestamp(xmin) - recorded_at) * 1000 as late
  from fact_lead_history where tenant_id = $1 and recorded_at > $2
) arrived
"""
TOLD = """
select not exists (select from outbox)
  and (select position from relay) >= (select coalesce(max(position), 0) from ledger)
"""
WRITTEN = "select count(*) from lead where tenant_id = $1 and created_at > $2"
FORGET_LOG = "delete from published"
