"""pools

Revision ID: leads0009
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

import crmkit.db.tables

revision = "leads0009"
down_revision = "leads0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "pool",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pool_pkey")),
    )
    op.create_index("pool_name_idx", "pool", ["tenant_id", "name", "id"])
    op.create_index("pool_updated_at_idx", "pool", ["tenant_id", "updated_at", "id"])
    op.create_table(
        "pool_rule",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("pool_id", sa.Uuid(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("claim_cap_per_day", sa.Integer(), nullable=True),
        sa.Column("holding_cap", sa.Integer(), nullable=True),
        sa.Column("previous_owner_cooldown_hours", sa.Integer(), nullable=False),
        sa.Column("default_protect_days", sa.Integer(), nullable=False),
        sa.Column("extend_days_per_activity", sa.Integer(), nullable=False),
        sa.Column("max_protect_days", sa.Integer(), nullable=False),
        sa.Column("warn_days", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("mask_contact_until_claimed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pool_rule_pkey")),
    )
    op.create_index(
        "pool_rule_effective_key",
        "pool_rule",
        ["tenant_id", "pool_id", "effective_on"],
        unique=True,
    )
    op.create_index("pool_rule_updated_at_idx", "pool_rule", ["tenant_id", "updated_at", "id"])
    op.create_table(
        "pool_member",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("pool_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("role", crmkit.db.tables.EnumText(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("counted_on", sa.Date(), nullable=True),
        sa.Column("claimed", sa.Integer(), nullable=False),
        sa.Column("received", sa.Integer(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=True),
        sa.Column("capacity_per_day", sa.Integer(), nullable=True),
        sa.Column("regions", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pool_member_pkey")),
    )
    op.create_index(
        "pool_member_key", "pool_member", ["tenant_id", "pool_id", "member_id"], unique=True
    )
    op.create_index("pool_member_member_idx", "pool_member", ["tenant_id", "member_id", "id"])
    op.create_index("pool_member_updated_at_idx", "pool_member", ["tenant_id", "updated_at", "id"])
    op.create_table(
        "assignment_rule",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("strategy", crmkit.db.tables.EnumText(), nullable=False),
        sa.Column("pool_id", sa.Uuid(), nullable=False),
        sa.Column("sources", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("regions", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("products", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("last_member_id", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("assignment_rule_pkey")),
    )
    op.create_index("assignment_rule_rank_idx", "assignment_rule", ["tenant_id", "rank", "id"])
    op.create_index(
        "assignment_rule_updated_at_idx", "assignment_rule", ["tenant_id", "updated_at", "id"]
    )
    op.create_table(
        "absence",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("team", sa.Text(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("absence_pkey")),
    )
    op.create_index("absence_owner_idx", "absence", ["tenant_id", "owner_id", "until_on", "id"])
    op.create_index("absence_from_idx", "absence", ["tenant_id", "from_on", "id"])
    op.create_index("absence_updated_at_idx", "absence", ["tenant_id", "updated_at", "id"])
    op.add_column("lead", sa.Column("pool_id", sa.Uuid(), nullable=True))
    op.add_column("lead", sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("lead", sa.Column("recycle_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("lead", sa.Column("recycle_due_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "lead",
        sa.Column("protected", sa.Boolean(), nullable=False, server_default=sa.text("false")),
    )
    op.add_column("lead", sa.Column("released_by", sa.Uuid(), nullable=True))
    op.add_column("lead", sa.Column("released_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "lead", sa.Column("released_reason", sa.Text(), nullable=False, server_default="")
    )
    op.add_column("lead", sa.Column("released_note", sa.Text(), nullable=False, server_default=""))
    op.add_column("lead", sa.Column("rule_id", sa.Uuid(), nullable=True))
    op.add_column("lead", sa.Column("strategy", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    for name in (
        "strategy",
        "rule_id",
        "released_note",
        "released_reason",
        "released_at",
        "released_by",
        "protected",
        "recycle_due_at",
        "recycle_at",
        "claimed_at",
        "pool_id",
    ):
        op.drop_column("lead", name)
    op.drop_table("absence")
    op.drop_table("assignment_rule")
    op.drop_table("pool_member")
    op.drop_table("pool_rule")
    op.drop_table("pool")
