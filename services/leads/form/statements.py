"""How what a form takes is counted: in one row a day, each time by one statement.

The row is locked while it counts, so that of any number at once exactly as many get a place as
there are.
"""

_COUNT = """
insert into capture_day as d (tenant_id, id, version, created_at, updated_at, form_id, day, taken,
  refused)
values ($1, $2, 1, $3, $3, $4, $5, {0})
on conflict (tenant_id, id) do update set {1} = d.{1} + 1, updated_at = $3
where d.{1} < $6
returning {1}
"""
TAKE = _COUNT.format("1, 0", "taken")
REFUSE = _COUNT.format("0, 1", "refused")
RETURN = """
update capture_day set taken = taken - 1, updated_at = $3
where tenant_id = $1 and id = $2 and taken > 0
"""
