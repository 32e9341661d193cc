"""campaigns are found by the plan they belong to

Revision ID: leads0033
"""

from alembic import op

from crmkit.migrations import live

revision = "leads0033"
down_revision = "leads0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    live.add_index("campaign_parent_idx", "campaign", ["tenant_id", "parent_id"])


def downgrade() -> None:
    op.drop_index("campaign_parent_idx", table_name="campaign")
