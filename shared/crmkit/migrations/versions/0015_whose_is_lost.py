"""Whose events were told and are lost, so that their ids move with the tenant.

Of those that were lost before, nobody here knows whose they were.

Revision ID: kit0015
"""

import sqlalchemy as sa
from alembic import op

revision = "kit0015"
down_revision = "kit0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("ledger_lost", sa.Column("tenant_id", sa.Uuid(), nullable=True))


def downgrade() -> None:
    op.drop_column("ledger_lost", "tenant_id")
