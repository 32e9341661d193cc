"""saved views

Revision ID: opportunities0004
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

import crmkit.db.tables

revision = "opportunities0004"
down_revision = "opportunities0003"
branch_labels = None
depends_on = None

_OF = ("tenant_id", "resource")


def upgrade() -> None:
    op.create_table(
        "opportunities_view",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("filter", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("sort", sa.Text(), nullable=False),
        sa.Column("fields", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("shared", crmkit.db.tables.EnumText(), nullable=False),
        sa.Column("is_pinned", sa.Boolean(), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("team", sa.Text(), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("opportunities_view_pkey")),
        postgresql.ExcludeConstraint(
            *((sa.column(name), "=") for name in ("tenant_id", "resource", "owner_id")),
            name="opportunities_view_default_key",
            using="btree",
            where=sa.text("is_default"),
            deferrable=True,
            initially="IMMEDIATE",
        ),
    )
    op.create_index(
        "opportunities_view_name_key",
        "opportunities_view",
        ["tenant_id", "resource", "owner_id", "name"],
        unique=True,
        postgresql_where=sa.text("deleted_at is null"),
    )
    op.create_index("opportunities_view_name_idx", "opportunities_view", [*_OF, "name", "id"])
    op.create_index(
        "opportunities_view_updated_at_idx", "opportunities_view", [*_OF, "updated_at", "id"]
    )


def downgrade() -> None:
    op.drop_table("opportunities_view")
