"""account classes and lifecycle

Revision ID: leads0005
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from crmkit.db.tables import EnumText

revision = "leads0005"
down_revision = "leads0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("account", sa.Column("grade", EnumText(), nullable=True))
    op.add_column(
        "account", sa.Column("tier", EnumText(), nullable=False, server_default="ordinary")
    )
    op.add_column(
        "account",
        sa.Column("is_important", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.add_column(
        "account", sa.Column("is_problem", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.add_column("account", sa.Column("segment", sa.Text(), nullable=False, server_default=""))
    op.add_column(
        "account", sa.Column("preferences", postgresql.JSONB(), nullable=False, server_default="{}")
    )
    op.add_column(
        "account", sa.Column("lifecycle", EnumText(), nullable=False, server_default="prospect")
    )
    op.add_column("account", sa.Column("lifecycle_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("account", sa.Column("customer_since", sa.DateTime(timezone=True), nullable=True))
    op.add_column("account", sa.Column("lost_reason", sa.Text(), nullable=False, server_default=""))
    op.add_column("account", sa.Column("merged_into", sa.Uuid(), nullable=True))


def downgrade() -> None:
    op.drop_column("account", "merged_into")
    op.drop_column("account", "lost_reason")
    op.drop_column("account", "customer_since")
    op.drop_column("account", "lifecycle_at")
    op.drop_column("account", "lifecycle")
    op.drop_column("account", "preferences")
    op.drop_column("account", "segment")
    op.drop_column("account", "is_problem")
    op.drop_column("account", "is_important")
    op.drop_column("account", "tier")
    op.drop_column("account", "grade")
