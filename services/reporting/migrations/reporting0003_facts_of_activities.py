"""facts of activities

Activities told before are without the new facts until `crm replay reporting` was run.

Revision ID: reporting0003
"""

import sqlalchemy as sa
from alembic import op

revision = "reporting0003"
down_revision = "reporting0002"
branch_labels = None
depends_on = None

_TABLES = ("fact_activity", "fact_activity_history")


def upgrade() -> None:
    for table in _TABLES:
        op.add_column(table, sa.Column("due_at", sa.DateTime(timezone=True), nullable=True))
        op.add_column(table, sa.Column("status", sa.Text(), nullable=True))
        op.add_column(table, sa.Column("direction", sa.Text(), nullable=True))
        op.add_column(table, sa.Column("connected", sa.Boolean(), nullable=True))


def downgrade() -> None:
    for table in _TABLES:
        for name in ("connected", "direction", "status", "due_at"):
            op.drop_column(table, name)
