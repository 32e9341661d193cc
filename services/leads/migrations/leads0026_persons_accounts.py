"""accounts that are persons can be erased

Revision ID: leads0026
"""

import sqlalchemy as sa
from alembic import op

revision = "leads0026"
down_revision = "leads0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("account", sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "lead",
        sa.Column("deal_erased", sa.Boolean(), nullable=False, server_default=sa.text("false")),
    )


def downgrade() -> None:
    op.drop_column("lead", "deal_erased")
    op.drop_column("account", "erased_at")
