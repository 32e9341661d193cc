"""indexes for where leads come from

Revision ID: leads0012
"""

from alembic import op

from crmkit.migrations import live

revision = "leads0012"
down_revision = "leads0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    live.add_index("lead_phone_written_idx", "lead", ["tenant_id", "phone", "id"])
    live.add_index("lead_campaign_idx", "lead", ["tenant_id", "campaign_id", "received_at", "id"])
    live.add_index("lead_referrer_idx", "lead", ["tenant_id", "referrer_id", "received_at", "id"])


def downgrade() -> None:
    op.drop_index("lead_referrer_idx", table_name="lead")
    op.drop_index("lead_campaign_idx", table_name="lead")
    op.drop_index("lead_phone_written_idx", table_name="lead")
