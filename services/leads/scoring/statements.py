"""SQL of what scores rest on, and of the leads that are due to be scored again.

When a lead is due is its own column, which no event tells: a look that changes nothing is none.
"""

from crmkit.db.leaping import due_rows
from crmkit.db.rows import plan
from services.leads.lead.models import IS_OPEN, Lead
from services.leads.scoring.models import ScoreModel, ScoringRule

_LEAD = plan(Lead).table

RULES = f"""
{plan(ScoringRule).select} where tenant_id = $1 and active and deleted_at is null order by rank, id
"""
HELD = """
select position from scoring_rule where tenant_id = $1 and position is not null
"""
ACTIVE = f"{plan(ScoreModel).select} where tenant_id = $1 and status = 'active'"
DONE = """
select a.lead_id, a.kind, a.outcome_code, a.done_at from unnest($2::uuid[]) l (id)
cross join lateral (
  select lead_id, kind, outcome_code, done_at from activity
  where tenant_id = $1 and lead_id = l.id and status = 'done' and deleted_at is null
    and done_at <= $3
  order by done_at desc, id limit 200
) a
"""
"""What was done about leads by an instant, the newest two hundred of each."""

LEADS = f"{plan(Lead).select} where tenant_id = $1 and id = any($2::uuid[]) and {IS_OPEN}"

BEGIN = """
insert into score_sweep as s (tenant_id, id, version, created_at, updated_at, changed_at, place)
select tenant_id, tenant_id, 1, $1, $1, max(updated_at), '00000000-0000-0000-0000-000000000000'
from (
  select tenant_id, updated_at from scoring_rule
  union all
  select tenant_id, updated_at from score_model
  where activated_at is not null
) changed
group by tenant_id having max(updated_at) <= $2
on conflict (tenant_id, id) do update
set changed_at = excluded.changed_at, place = excluded.place, updated_at = $1
where s.changed_at < excluded.changed_at
"""
"""Begins at the first lead of each tenant whose rules or model changed, once processes that
remember them for some seconds have all heard of it."""

SWEEP = f"""
with sweep as (
  select tenant_id, place from score_sweep where place is not null
  order by updated_at limit 1 for update skip locked
), due as (
  select l.tenant_id, l.id from sweep s cross join lateral (
    select tenant_id, id from {_LEAD}
    where tenant_id = s.tenant_id and id > s.place and {IS_OPEN} order by id limit $2
  ) l
), told as (
  update {_LEAD} t set score_due_at = $1 from due d where t.tenant_id = d.tenant_id and t.id = d.id
), moved as (
  update score_sweep s set updated_at = $1,
    place = (select d.id from due d order by d.id desc limit 1)
  from sweep w where s.tenant_id = w.tenant_id returning 1
)
select count(*) from moved
"""
"""Tells the next leads of one tenant that they are due; another worker takes another tenant."""

DUE = due_rows(
    _LEAD, f"t.score_due_at is not null and {IS_OPEN}", "t.score_due_at <= $1", "t.score_due_at"
)
"""The leads that are longest due."""

LOOK_AGAIN = f"""
update {_LEAD} t set score_due_at = w.due_at
from unnest($1::uuid[], $2::uuid[], $3::int[], $4::timestamptz[]) w (tenant_id, id, version, due_at)
where t.tenant_id = w.tenant_id and t.id = w.id and t.version = w.version
"""
"""Of leads whose score stands: when to look again, unless they moved meanwhile."""
