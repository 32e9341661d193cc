"""Rows that a schedule could not do, until when it leaves them alone, and why.

Revision ID: kit0011
"""

from alembic import op

revision = "kit0011"
down_revision = "kit0010"
branch_labels = None
depends_on = None

_POSTPONED = """
create table postponed (
  tenant_id uuid not null,
  schedule text not null,
  id uuid not null,
  tries int not null,
  reason text not null,
  detail text not null,
  since timestamptz not null,
  next_at timestamptz not null,
  primary key (tenant_id, schedule, id)
)
"""


def upgrade() -> None:
    op.get_bind().exec_driver_sql(_POSTPONED)


def downgrade() -> None:
    op.execute("drop table postponed")
