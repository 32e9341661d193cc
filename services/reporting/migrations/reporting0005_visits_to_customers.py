"""visits to customers

Activities told before are without it, for leads did not say.

Revision ID: reporting0005
"""

import sqlalchemy as sa
from alembic import op

revision = "reporting0005"
down_revision = "reporting0004"
branch_labels = None
depends_on = None

_TABLES = ("fact_activity", "fact_activity_history")


def upgrade() -> None:
    for table in _TABLES:
        op.add_column(table, sa.Column("with_customer", sa.Boolean(), nullable=True))


def downgrade() -> None:
    for table in _TABLES:
        op.drop_column(table, "with_customer")
