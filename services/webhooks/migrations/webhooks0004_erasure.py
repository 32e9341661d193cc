"""what was sent of a record that is erased is found by the record

Revision ID: webhooks0004
"""

from alembic import op

from crmkit.migrations import live

revision = "webhooks0004"
down_revision = "webhooks0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    live.add_index(
        "webhook_delivery_aggregate_idx", "webhook_delivery", ["tenant_id", "aggregate_id"]
    )


def downgrade() -> None:
    op.drop_index("webhook_delivery_aggregate_idx", table_name="webhook_delivery")
