"""Positions that were told before a database was put back, and that nobody is given again.

Revision ID: kit0006
"""

from alembic import op

revision = "kit0006"
down_revision = "kit0005"
branch_labels = None
depends_on = None

_RESUMED = """
create table ledger_resumed (
  first bigint primary key,
  last bigint not null check (last >= first),
  resumed_at timestamptz not null
)
"""
_FORGOTTEN = "alter table relay add column forgotten bigint"


def upgrade() -> None:
    for statement in (_RESUMED, _FORGOTTEN):
        op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    raise NotImplementedError("positions that were told would be given again")
