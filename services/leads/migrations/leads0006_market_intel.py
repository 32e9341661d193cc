"""market intelligence

Revision ID: leads0006
"""

import sqlalchemy as sa
from alembic import op

import crmkit.db.tables

revision = "leads0006"
down_revision = "leads0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "market_intel",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", crmkit.db.tables.EnumText(), nullable=False),
        sa.Column("status", crmkit.db.tables.EnumText(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("team", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("observed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("noted_by", sa.Uuid(), nullable=True),
        sa.Column("remark", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("market_intel_pkey")),
    )
    op.create_index(
        "market_intel_observed_at_idx", "market_intel", ["tenant_id", "observed_at", "id"]
    )
    op.create_index(
        "market_intel_owner_idx", "market_intel", ["tenant_id", "owner_id", "observed_at", "id"]
    )
    op.create_index(
        "market_intel_account_idx", "market_intel", ["tenant_id", "account_id", "observed_at", "id"]
    )
    op.create_index(
        "market_intel_updated_at_idx", "market_intel", ["tenant_id", "updated_at", "id"]
    )


def downgrade() -> None:
    op.drop_table("market_intel")
