"""Whoever serves requests may empty fields of events, and change nothing else of them.

Revision ID: kit0010
"""

from alembic import op

revision = "kit0010"
down_revision = "kit0009"
branch_labels = None
depends_on = None

# `protect` has the trigger ask this of every update by the role app.
_ONLY_EMPTIES = """
create function crm.only_empties() returns trigger language plpgsql as $$
declare
  before jsonb := old.data;
  after jsonb := new.data;
begin
  if new.salt <> '' or old.salt = '' or (after -> 'erased') is distinct from 'true'
    or to_jsonb(new) - 'data' - 'salt' is distinct from to_jsonb(old) - 'data' - 'salt'
    or not (before -> 'changed') @> (after -> 'changed')
    or exists (
      select from jsonb_each(before -> 'state') o
      full join jsonb_each(after -> 'state') n using (key)
      where n.value is distinct from o.value
        and (o.value is null or n.value not in ('null', '""', '[]', '{}')))
  then
    raise exception 'an event is emptied, or left as it was told' using errcode = 'DS403';
  end if;
  return new;
end $$
"""


def upgrade() -> None:
    op.get_bind().exec_driver_sql(_ONLY_EMPTIES)


def downgrade() -> None:
    op.execute("drop function crm.only_empties() cascade")
