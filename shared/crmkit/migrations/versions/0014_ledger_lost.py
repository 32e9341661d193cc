"""Which events were told and are lost, as far as the log still knew them; their ids alone.

Revision ID: kit0014
"""

from alembic import op

revision = "kit0014"
down_revision = "kit0013"
branch_labels = None
depends_on = None

_LOST = "create table ledger_lost (event_id uuid primary key)"


def upgrade() -> None:
    op.get_bind().exec_driver_sql(_LOST)


def downgrade() -> None:
    raise NotImplementedError("what was told and lost would be taken for what nobody told")
