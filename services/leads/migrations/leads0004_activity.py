"""activities in full

Revision ID: leads0004
"""

import sqlalchemy as sa
from alembic import op

import crmkit.db.tables

revision = "leads0004"
down_revision = "leads0003"
branch_labels = None
depends_on = None

_NEW = (
    sa.Column("contact_id", sa.Uuid(), nullable=True),
    sa.Column("direction", crmkit.db.tables.EnumText(), nullable=True),
    sa.Column("connected", sa.Boolean(), nullable=True),
    sa.Column("channel", crmkit.db.tables.EnumText(), nullable=True),
    sa.Column("outcome_code", crmkit.db.tables.EnumText(), nullable=True),
    sa.Column("objection", crmkit.db.tables.EnumText(), nullable=True),
    sa.Column("sentiment", crmkit.db.tables.EnumText(), nullable=True),
    sa.Column("duration_minutes", sa.Integer(), nullable=True),
    sa.Column("notes", sa.Text(), server_default="", nullable=False),
    sa.Column("checked_in_at", sa.DateTime(timezone=True), nullable=True),
    sa.Column("latitude", sa.Numeric(precision=9, scale=6), nullable=True),
    sa.Column("longitude", sa.Numeric(precision=9, scale=6), nullable=True),
    sa.Column("place", sa.Text(), server_default="", nullable=False),
    sa.Column("follows_id", sa.Uuid(), nullable=True),
    sa.Column("follow_up_id", sa.Uuid(), nullable=True),
)
_WORK_PLAN_INDEXES = {
    "work_plan_period_key": ["tenant_id", "period", "owner_id"],
    "work_plan_owner_idx": ["tenant_id", "owner_id", "starts_on", "id"],
    "work_plan_starts_on_idx": ["tenant_id", "starts_on", "id"],
    "work_plan_updated_at_idx": ["tenant_id", "updated_at", "id"],
}


def upgrade() -> None:
    for column in _NEW:
        op.add_column("activity", column)
    op.create_table(
        "work_plan",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("team", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("on_time", sa.Boolean(), nullable=False),
        sa.Column("planned", sa.Integer(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("work_plan_pkey")),
    )
    for name, columns in _WORK_PLAN_INDEXES.items():
        op.create_index(name, "work_plan", columns, unique=name.endswith("_key"))


def downgrade() -> None:
    op.drop_table("work_plan")
    for column in reversed(_NEW):
        op.drop_column("activity", column.name)
