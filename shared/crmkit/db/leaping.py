"""Rows of all tenants that are due, by an index that leaps from one tenant to the next."""

_DUE = """
with recursive holders (tenant_id) as (
  (select t.tenant_id from {table} t where {held} order by t.tenant_id limit 1)
  union all
  select (
    select t.tenant_id from {table} t where t.tenant_id > h.tenant_id and {held}
    order by t.tenant_id limit 1)
  from holders h where h.tenant_id is not null
)
select {shown} from holders h cross join lateral (
  select t.tenant_id, {columns}, {order} as at, coalesce(p.tries, 0) as tries
  from {table} t
  left join postponed p on p.tenant_id = t.tenant_id and p.schedule = $2 and p.id = t.id
  where t.tenant_id = h.tenant_id and {held} and {due} and coalesce(p.next_at <= $1, true)
  order by {order}, t.id limit $3
) d
order by d.at limit $4
"""


def due_rows(
    table: str,
    held: str,
    due: str = "true",
    order: str = "t.id",
    columns: tuple[str, ...] = ("id",),
) -> str:
    """SQL that finds what is due at $1 for the schedule $2 and was not put off: $3 rows of a tenant
    at most, $4 in all, those that come first by `order` first.

    `held` is the condition of the index, which begins with the tenant and goes on with `order`;
    `due` is what else has to hold of a row, which is `t`.
    """
    return _DUE.format(
        table=table,
        held=held,
        due=due,
        order=order,
        columns=", ".join(f"t.{name}" for name in columns),
        shown=", ".join(f"d.{name}" for name in ("tenant_id", *columns, "tries")),
    )
