"""until when a feed was taken away

Revision ID: webhooks0003
"""

import sqlalchemy as sa
from alembic import op

revision = "webhooks0003"
down_revision = "webhooks0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("feed_trim", sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("feed_trim", "recorded_at")
