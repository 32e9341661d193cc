"""an index for what is older than the feed is kept

Revision ID: webhooks0003
"""

from alembic import op

from crmkit.migrations import live

revision = "webhooks0003"
down_revision = "webhooks0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    live.add_index("feed_event_age_idx", "feed_event", ["recorded_at"])


def downgrade() -> None:
    op.drop_index("feed_event_age_idx", table_name="feed_event")
