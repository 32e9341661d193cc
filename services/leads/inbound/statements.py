"""How what comes in is counted: in one row a day, each time by one statement.

The row is locked while it counts, so that of any number at once exactly as many get a place as
there are.
"""

_COUNT = """
insert into inbound_day as d (tenant_id, id, version, created_at, updated_at, endpoint_id, day,
  taken, repeated, unsigned)
values ($1, $2, 1, $3, $3, $4, $5, {0})
on conflict (tenant_id, id) do update set {1} = d.{1} + 1, updated_at = $3
where d.{1} < $6
returning {1}
"""
TAKE = _COUNT.format("1, 0, 0", "taken")
REPEAT = _COUNT.format("0, 1, 0", "repeated")
UNSIGNED = _COUNT.format("0, 0, 1", "unsigned")
DAYS = """
select day, taken, repeated, unsigned from inbound_day
where tenant_id = $1 and endpoint_id = $2 order by day desc limit 30
"""
EMPTY = """
with old as (
  select tenant_id, id from inbound_message where raw_until < $1 and body is not null
  limit $2 for update skip locked
)
update inbound_message m set body = null, headers = '{}'
from old where m.tenant_id = old.tenant_id and m.id = old.id
"""
"""Takes away what was sent of the next messages, of all tenants, that are not kept any longer."""
