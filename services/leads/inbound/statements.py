"""What came on which days, and what is kept of it no longer."""

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
