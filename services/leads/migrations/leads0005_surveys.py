"""surveys

Revision ID: leads0005
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

import crmkit.db.tables

revision = "leads0005"
down_revision = "leads0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "survey_template",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", crmkit.db.tables.EnumText(), nullable=False),
        sa.Column("trigger", crmkit.db.tables.EnumText(), nullable=False),
        sa.Column("delay_days", sa.Integer(), nullable=False),
        sa.Column("every_days", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("questions", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("survey_template_pkey")),
    )
    op.create_index(
        "survey_template_name_key", "survey_template", ["tenant_id", "name"], unique=True
    )
    op.create_index(
        "survey_template_updated_at_idx", "survey_template", ["tenant_id", "updated_at", "id"]
    )
    op.create_table(
        "survey",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("template_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", crmkit.db.tables.EnumText(), nullable=False),
        sa.Column("status", crmkit.db.tables.EnumText(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("contact_id", sa.Uuid(), nullable=True),
        sa.Column("contract_id", sa.Uuid(), nullable=True),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("team", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("every_days", sa.Integer(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("questions", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("answers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("score", sa.Numeric(precision=4, scale=2), nullable=True),
        sa.Column("pleased", sa.Boolean(), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("survey_pkey")),
    )
    op.create_index("survey_due_at_idx", "survey", ["tenant_id", "due_at", "id"])
    op.create_index("survey_updated_at_idx", "survey", ["tenant_id", "updated_at", "id"])
    op.create_index("survey_owner_idx", "survey", ["tenant_id", "owner_id", "due_at", "id"])
    op.create_index("survey_account_idx", "survey", ["tenant_id", "account_id", "due_at", "id"])
    op.create_index(
        "survey_planned_idx",
        "survey",
        ["tenant_id", "due_at"],
        postgresql_where=sa.text("status = 'planned'"),
    )


def downgrade() -> None:
    op.drop_table("survey")
    op.drop_table("survey_template")
