"""The statements of what is compared with: the same reads, and the same writes with an outbox."""

_LEAD = """id, version, company, contact_name, email, phone, source, status, intent, need, budget,
  currency, product, region, owner_id, team, received_at, qualified_at, converted_at,
  disqualified_at, disqualified_reason, account_id, opportunity_id, external_system, external_id,
  created_at, updated_at"""
_DEAL = """id, version, name, account_id, lead_id, pipeline_id, stage, status, probability, amount,
  currency, product_id, product, source, owner_id, team, region, expected_close_on, opened_at,
  won_at, lost_at, lost_reason, contract_id, external_system, external_id, imported, created_at,
  updated_at"""
GET = f"select {_LEAD} from lead where tenant_id = $1 and id = $2 and deleted_at is null"
LIST = f"""
select {_LEAD} from lead
where tenant_id = $1 and owner_id = $2 and status = $3 and deleted_at is null
order by received_at desc, id desc limit $4
"""
CREATE = f"""
with told as (insert into outbox (body) values ($16))
insert into lead (tenant_id, id, version, created_at, updated_at, received_at, company,
  contact_name, email, phone, source, need, budget, currency, product, region, status, owner_id,
  team, disqualified_reason, opportunity_name, custom)
values ($1, $2, 1, $3, $3, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 'new', $14, $15, '',
  '', '{{}}')
returning {_LEAD}
"""
FIND = f"select {_DEAL} from opportunity where tenant_id = $1 and id = $2 and deleted_at is null"
FIND_LOCKED = f"{FIND} for no key update"
STAGES = "select stages from pipeline where tenant_id = $1 and id = $2"
MOVE = f"""
with moved as (
  update opportunity set stage = $3, probability = $4, updated_at = $5, version = version + 1
  where tenant_id = $1 and id = $2 and version = coalesce($7, version) returning {_DEAL}
), told as (insert into outbox (body) select $6::json from moved)
select * from moved
"""
MOVE_ONLY = f"""
update opportunity set stage = $3, probability = $4, updated_at = $5, version = version + 1
where tenant_id = $1 and id = $2 returning {_DEAL}
"""
TELL = "insert into outbox (body) values ($1)"
ROLLUP = """
select date_trunc('week', day::timestamp)::date as period, sum(n)::bigint as value from rollup_day
where tenant_id = $1 and measure = $2 and day between $3 and $4
group by 1 having sum(n) <> 0 order by 1
"""
FIND_CLAIM = f"""
select {_LEAD}, pool_id, released_by, released_at, m.seat_id, m.seat_version, m.counted_on,
  m.claimed, r.*, (
    select count(*) from lead h
    where h.tenant_id = $1 and h.owner_id = $3 and h.pool_id = l.pool_id
      and h.deleted_at is null and h.status in ('new', 'working', 'qualified')) as held
from lead l
join lateral (
  select id as seat_id, version as seat_version, counted_on, claimed from pool_member
  where tenant_id = $1 and pool_id = l.pool_id and member_id = $3 and active) m on true
join lateral (
  select claim_cap_per_day, holding_cap, previous_owner_cooldown_hours, default_protect_days
  from pool_rule where tenant_id = $1 and pool_id = l.pool_id and effective_on <= $4
  order by effective_on desc limit 1) r on true
where l.tenant_id = $1 and l.id = $2 and l.deleted_at is null
"""
CLAIM = f"""
with seat as (
  update pool_member set counted_on = $3, claimed = $4, updated_at = $5, version = version + 1
  where tenant_id = $1 and id = $6 and version = $7 returning id
), moved as (
  update lead set owner_id = $8, team = $9, claimed_at = $5, recycle_at = $10,
    recycle_due_at = $10, updated_at = $5, version = version + 1
  where tenant_id = $1 and id = $2 and version = $11 and exists (select from seat)
  returning {_LEAD}
), told as (insert into outbox (body) select $12::json from moved)
select * from moved
"""
"""Both or neither of seat and lead, but where the lead alone has moved: then the seat counts it."""
