"""What rows that move without events held before.

Revision ID: kit0013
"""

from alembic import op

revision = "kit0013"
down_revision = "kit0012"
branch_labels = None
depends_on = None

_PAST = """
create table past (
  tenant_id uuid not null,
  aggregate text collate "C" not null,
  id uuid not null,
  until timestamptz not null,
  held jsonb not null,
  primary key (tenant_id, aggregate, id, until)
)
"""
_DROP = """
create function crm.drop_past() returns trigger language plpgsql as $$
begin
  delete from public.past p using gone g
  where p.tenant_id = g.tenant_id and p.aggregate = tg_table_name and p.id = g.id;
  return null;
end $$
"""


def upgrade() -> None:
    for statement in (_PAST, _DROP):
        op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    op.execute("drop function crm.drop_past cascade")
    op.drop_table("past")
