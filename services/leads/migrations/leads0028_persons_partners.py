"""channel partners that are persons can be erased

Revision ID: leads0028
"""

import sqlalchemy as sa
from alembic import op

revision = "leads0028"
down_revision = "leads0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "channel_partner", sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True)
    )


def downgrade() -> None:
    op.drop_column("channel_partner", "erased_at")
