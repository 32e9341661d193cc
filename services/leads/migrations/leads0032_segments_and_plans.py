"""segments, leads that are given by them, and campaigns that belong to plans

Revision ID: leads0032
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

import crmkit.db.tables

revision = "leads0032"
down_revision = "leads0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "segment",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("resource", crmkit.db.tables.EnumText(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("filter", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("position", sa.Integer(), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("segment_pkey")),
    )
    op.create_index("segment_name_idx", "segment", ["tenant_id", "name", "id"])
    op.create_index(
        "segment_name_key",
        "segment",
        ["tenant_id", "name"],
        unique=True,
        postgresql_where=sa.text("deleted_at is null"),
    )
    op.create_index("segment_position_key", "segment", ["tenant_id", "position"], unique=True)
    op.create_index("segment_updated_at_idx", "segment", ["tenant_id", "updated_at", "id"])
    op.add_column("assignment_rule", sa.Column("segment_id", sa.Uuid(), nullable=True))
    op.add_column("campaign", sa.Column("parent_id", sa.Uuid(), nullable=True))
    op.add_column(
        "campaign",
        sa.Column(
            "plan_level",
            crmkit.db.tables.EnumText(),
            nullable=False,
            server_default=sa.text("'campaign'"),
        ),
    )


def downgrade() -> None:
    for name in ("plan_level", "parent_id"):
        op.drop_column("campaign", name)
    op.drop_column("assignment_rule", "segment_id")
    op.drop_table("segment")
