"""messages that are kept are looked through in steps

Revision ID: leads0027
"""

from alembic import op

from crmkit.migrations import live

revision = "leads0027"
down_revision = "leads0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    live.add_index(
        "inbound_message_kept_idx",
        "inbound_message",
        ["tenant_id", "id"],
        where="body is not null",
    )


def downgrade() -> None:
    op.drop_index("inbound_message_kept_idx", table_name="inbound_message")
