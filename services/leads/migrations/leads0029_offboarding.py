"""what people who go have is handed over at once

Revision ID: leads0029
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

import crmkit.db.tables

revision = "leads0029"
down_revision = "leads0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "offboarding",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("team", sa.Text(), nullable=False),
        sa.Column("trigger", crmkit.db.tables.EnumText(), nullable=False),
        sa.Column("state", crmkit.db.tables.EnumText(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("leads_to", crmkit.db.tables.EnumText(), nullable=True),
        sa.Column("successor_id", sa.Uuid(), nullable=True),
        sa.Column("pool_id", sa.Uuid(), nullable=True),
        sa.Column("ignore_caps", sa.Boolean(), nullable=False),
        _document("counts"),
        sa.Column("total", sa.Integer(), nullable=True),
        sa.Column("moved", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        _document("refusals"),
        _document("remaining"),
        sa.Column("asked_by", sa.Uuid(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("caller", sa.Text(), nullable=False),
        _document("roles"),
        _document("scopes"),
        sa.Column("caller_team", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("mark", sa.Uuid(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("offboarding_pkey")),
    )
    op.create_index("offboarding_created_at_idx", "offboarding", ["tenant_id", "created_at", "id"])
    op.create_index("offboarding_updated_at_idx", "offboarding", ["tenant_id", "updated_at", "id"])
    op.create_index(
        "offboarding_owner_key",
        "offboarding",
        ["tenant_id", "owner_id"],
        unique=True,
        postgresql_where=sa.text("state in ('open', 'running')"),
    )
    op.create_index(
        "offboarding_running_idx",
        "offboarding",
        ["tenant_id", "id"],
        postgresql_where=sa.text("state = 'running'"),
    )


def _document(name: str) -> sa.Column[object]:
    return sa.Column(name, postgresql.JSONB(astext_type=sa.Text()), nullable=False)


def downgrade() -> None:
    op.drop_table("offboarding")
