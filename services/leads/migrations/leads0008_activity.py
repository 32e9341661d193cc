"""activities in full, plans, follow-ups, surveys, market intelligence

Revision ID: leads0008
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

import crmkit.db.tables

revision = "leads0008"
down_revision = "leads0007"
branch_labels = None
depends_on = None

_RUNNING = sa.text("status = 'running'")


def upgrade() -> None:
    op.add_column("account", sa.Column("contacted_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("activity", sa.Column("contact_id", sa.Uuid(), nullable=True))
    op.add_column("activity", sa.Column("direction", crmkit.db.tables.EnumText(), nullable=True))
    op.add_column("activity", sa.Column("connected", sa.Boolean(), nullable=True))
    op.add_column("activity", sa.Column("channel", crmkit.db.tables.EnumText(), nullable=True))
    op.add_column("activity", sa.Column("outcome_code", crmkit.db.tables.EnumText(), nullable=True))
    op.add_column("activity", sa.Column("objection", crmkit.db.tables.EnumText(), nullable=True))
    op.add_column("activity", sa.Column("sentiment", crmkit.db.tables.EnumText(), nullable=True))
    op.add_column("activity", sa.Column("duration_minutes", sa.Integer(), nullable=True))
    op.add_column("activity", sa.Column("notes", sa.Text(), server_default="", nullable=False))
    op.add_column("activity", sa.Column("checked_in_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "activity", sa.Column("latitude", sa.Numeric(precision=9, scale=6), nullable=True)
    )
    op.add_column(
        "activity", sa.Column("longitude", sa.Numeric(precision=9, scale=6), nullable=True)
    )
    op.add_column("activity", sa.Column("place", sa.Text(), server_default="", nullable=False))
    op.add_column("activity", sa.Column("follows_id", sa.Uuid(), nullable=True))
    op.add_column("activity", sa.Column("follow_up_id", sa.Uuid(), nullable=True))
    op.add_column("activity", sa.Column("follow_up_plan_id", sa.Uuid(), nullable=True))
    op.add_column("activity", sa.Column("follow_up_step", sa.Integer(), nullable=True))
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
    op.create_index(
        "work_plan_period_key", "work_plan", ["tenant_id", "period", "owner_id"], unique=True
    )
    op.create_index(
        "work_plan_owner_idx", "work_plan", ["tenant_id", "owner_id", "starts_on", "id"]
    )
    op.create_index("work_plan_starts_on_idx", "work_plan", ["tenant_id", "starts_on", "id"])
    op.create_index("work_plan_updated_at_idx", "work_plan", ["tenant_id", "updated_at", "id"])
    op.create_table(
        "follow_up_template",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("account_class", sa.Text(), nullable=False),
        sa.Column("lifecycle", sa.Text(), nullable=False),
        sa.Column("trigger", crmkit.db.tables.EnumText(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("steps", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("follow_up_template_pkey")),
    )
    op.create_index(
        "follow_up_template_name_key", "follow_up_template", ["tenant_id", "name"], unique=True
    )
    op.create_index(
        "follow_up_template_updated_at_idx",
        "follow_up_template",
        ["tenant_id", "updated_at", "id"],
    )
    op.create_table(
        "follow_up_plan",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("template_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("status", crmkit.db.tables.EnumText(), nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=True),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("contact_id", sa.Uuid(), nullable=True),
        sa.Column("opportunity_id", sa.Uuid(), nullable=True),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("team", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("steps", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("overdue", sa.Integer(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stop_reason", crmkit.db.tables.EnumText(), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("follow_up_plan_pkey")),
    )
    op.create_index(
        "follow_up_plan_owner_idx", "follow_up_plan", ["tenant_id", "owner_id", "started_at", "id"]
    )
    op.create_index(
        "follow_up_plan_started_at_idx", "follow_up_plan", ["tenant_id", "started_at", "id"]
    )
    op.create_index(
        "follow_up_plan_updated_at_idx", "follow_up_plan", ["tenant_id", "updated_at", "id"]
    )
    op.create_index(
        "follow_up_plan_account_idx",
        "follow_up_plan",
        ["tenant_id", "account_id", "started_at", "id"],
    )
    op.create_index(
        "follow_up_plan_next_at_idx",
        "follow_up_plan",
        ["tenant_id", "next_at"],
        postgresql_where=_RUNNING,
    )
    op.create_index(
        "follow_up_plan_lead_key",
        "follow_up_plan",
        ["tenant_id", "lead_id", "template_id"],
        unique=True,
        postgresql_where=_RUNNING,
    )
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
    op.drop_table("survey")
    op.drop_table("survey_template")
    op.drop_table("follow_up_plan")
    op.drop_table("follow_up_template")
    op.drop_table("work_plan")
    op.drop_column("activity", "follow_up_step")
    op.drop_column("activity", "follow_up_plan_id")
    op.drop_column("activity", "follow_up_id")
    op.drop_column("activity", "follows_id")
    op.drop_column("activity", "place")
    op.drop_column("activity", "longitude")
    op.drop_column("activity", "latitude")
    op.drop_column("activity", "checked_in_at")
    op.drop_column("activity", "notes")
    op.drop_column("activity", "duration_minutes")
    op.drop_column("activity", "sentiment")
    op.drop_column("activity", "objection")
    op.drop_column("activity", "outcome_code")
    op.drop_column("activity", "channel")
    op.drop_column("activity", "connected")
    op.drop_column("activity", "direction")
    op.drop_column("activity", "contact_id")
    op.drop_column("account", "contacted_at")
