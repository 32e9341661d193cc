"""SQL of what is due."""

from crmkit.db.rows import plan
from services.leads.lead.models import Lead

_HELD = """recycle_due_at is not null and deleted_at is null
    and status in ('new', 'working', 'qualified')"""
_LEAD = plan(Lead).table

DUE = f"""
with recursive holders (tenant_id) as (
  (select tenant_id from {_LEAD} where {_HELD} order by tenant_id limit 1)
  union all
  select (
    select l.tenant_id from {_LEAD} l where l.tenant_id > h.tenant_id and {_HELD}
    order by l.tenant_id limit 1)
  from holders h where h.tenant_id is not null
)
select d.tenant_id, d.id from holders h cross join lateral (
  select l.tenant_id, l.id from {_LEAD} l
  where l.tenant_id = h.tenant_id and l.recycle_due_at <= $1 and {_HELD}
  order by l.recycle_due_at, l.id limit $2
) d
limit $2
"""
"""Of each tenant that holds leads of pools those that are longest due, by an index that leaps from
tenant to tenant."""
