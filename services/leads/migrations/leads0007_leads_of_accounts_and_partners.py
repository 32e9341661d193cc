"""leads of accounts and partners

Revision ID: leads0007
"""

from alembic import op

from crmkit.migrations import live

revision = "leads0007"
down_revision = "leads0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    live.add_index("lead_account_idx", "lead", ["tenant_id", "account_id", "received_at", "id"])
    columns = ["tenant_id", "channel_partner_id", "received_at", "id"]
    live.add_index("lead_channel_partner_idx", "lead", columns)


def downgrade() -> None:
    op.drop_index("lead_channel_partner_idx", "lead")
    op.drop_index("lead_account_idx", "lead")
