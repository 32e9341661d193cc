"""weeks of days, by few dimensions; facts of first answers and of customers

Folds wait while the days there are are added up; readers do not. Leads and accounts told before
are without the new facts until `crm replay reporting` was run.

Revision ID: reporting0006
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "reporting0006"
down_revision = "reporting0005"
branch_labels = None
depends_on = None

_KEY = "tenant_id, measure, cut, day, owner_id, team, source, product, kind, currency"
_FIELDS = "tenant_id, measure, day, owner_id, team, source, product, kind, currency"
_WEEK = "greatest(date_trunc('week', day::timestamp), date_trunc('month', day::timestamp))::date"
_ADD_UP = f"""
  insert into public.rollup_week as r ({_KEY}, n, amount)
  select tenant_id, measure,
    case grouping(kind, source, product, owner_id)
      when 7 then 'kind' when 11 then 'source' when 13 then 'product' else 'owner' end as cut,
    week, coalesce(owner_id, '00000000-0000-0000-0000-000000000000'), team,
    coalesce(source, ''), coalesce(product, ''), coalesce(kind, ''), currency,
    sum(n)::bigint, sum(amount)
  from (
    select *, {_WEEK} as week
    from {{moved}} m
  ) c
  group by tenant_id, measure, week, team, currency, grouping sets
    ((kind), (source), (product), (owner_id))
  having sum(n) <> 0 or sum(amount) <> 0
  order by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
  on conflict ({_KEY})
    do update set n = r.n + excluded.n, amount = r.amount + excluded.amount;
"""
_COME = f"select {_FIELDS}, n, amount from come"
_GONE = f"select {_FIELDS}, -n as n, -amount as amount from gone"
_FUNCTION = f"""
create function crm.add_up_weeks() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then {_ADD_UP.format(moved="come")}
  elsif tg_op = 'UPDATE' then {_ADD_UP.format(moved=f"({_COME} union all {_GONE})")}
  else {_ADD_UP.format(moved=f"({_GONE})")}
  end if;
  return null;
end $$
"""
_STATES = {"insert": "new table as come", "delete": "old table as gone"}
_STATES["update"] = " ".join(_STATES.values())
_TIME = sa.DateTime(timezone=True)
_FACTS: dict[str, dict[str, Any]] = {
    "fact_lead": {
        "channel_partner_id": sa.Uuid(),
        "first_response_due_at": _TIME,
        "first_responded_at": _TIME,
        "first_response_minutes": sa.Integer(),
    },
    "fact_account": {"customer_since": _TIME, "lifecycle": sa.Text(), "lifecycle_at": _TIME},
}
_ADDED = [
    (table, name, kind)
    for fact, columns in _FACTS.items()
    for table in (fact, f"{fact}_history")
    for name, kind in columns.items()
]


def upgrade() -> None:
    for table, name, kind in _ADDED:
        op.add_column(table, sa.Column(name, kind, nullable=True))
    op.create_table(
        "rollup_week",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("measure", sa.Text(), nullable=False),
        sa.Column("cut", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("team", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("product", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=20, scale=2), nullable=False),
        sa.CheckConstraint("amount <> 'NaN'", name=op.f("rollup_week_amount_is_number_check")),
        sa.PrimaryKeyConstraint(
            "tenant_id",
            "measure",
            "cut",
            "day",
            "owner_id",
            "team",
            "source",
            "product",
            "kind",
            "currency",
            name=op.f("rollup_week_pkey"),
        ),
    )
    # folds of the release before go on as soon as this commits, and grants come later
    op.execute("grant select, insert, update on rollup_week to crm_reporting_system")
    op.execute("alter table rollup_week set (fillfactor = 40)")  # updates stay in their page
    op.execute(_FUNCTION)
    for happened, states in _STATES.items():
        op.execute(
            f"create trigger rollup_day_{happened} after {happened} on rollup_day"
            f" referencing {states} for each statement execute function crm.add_up_weeks()"
        )
    op.execute("set local app.migrating = 'on'")  # else the owner sees no tenant's rows
    op.execute(_ADD_UP.format(moved="rollup_day"))


def downgrade() -> None:
    for happened in _STATES:
        op.execute(f"drop trigger rollup_day_{happened} on rollup_day")
    op.execute("drop function crm.add_up_weeks()")
    op.drop_table("rollup_week")
    for table, name, _ in _ADDED:
        op.drop_column(table, name)
