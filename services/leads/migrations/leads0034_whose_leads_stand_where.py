"""somebody's leads of one status are read without those of any other

Revision ID: leads0034
"""

from alembic import op

from crmkit.migrations import live

revision = "leads0034"
down_revision = "leads0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    live.add_index(
        "lead_owner_status_idx", "lead", ["tenant_id", "owner_id", "status", "received_at", "id"]
    )


def downgrade() -> None:
    op.drop_index("lead_owner_status_idx", table_name="lead")
