"""sources, campaigns, forms, reception

Revision ID: leads0011
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

import crmkit.db.tables

revision = "leads0011"
down_revision = "leads0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "lead_source",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("label_zh", sa.Text(), nullable=False),
        sa.Column("label_en", sa.Text(), nullable=False),
        sa.Column("source_group", crmkit.db.tables.EnumText(), nullable=False),
        sa.Column("method", crmkit.db.tables.EnumText(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("lead_source_pkey")),
    )
    op.create_index("lead_source_code_key", "lead_source", ["tenant_id", "code"], unique=True)
    op.create_index(
        "lead_source_updated_at_idx", "lead_source", ["tenant_id", "updated_at", "id"], unique=False
    )
    op.create_table(
        "source_rule",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("enforced", sa.Boolean(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("source_rule_pkey")),
    )
    op.create_table(
        "campaign",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", crmkit.db.tables.EnumText(), nullable=False),
        sa.Column("channel", crmkit.db.tables.EnumText(), nullable=True),
        sa.Column("theme", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("status", crmkit.db.tables.EnumText(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("budget", sa.Numeric(precision=20, scale=2), nullable=False),
        sa.Column("spent", sa.Numeric(precision=20, scale=2), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("team", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approved_by", sa.Uuid(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_reason", sa.Text(), nullable=False),
        sa.Column("external_system", sa.Text(), nullable=True),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("campaign_pkey")),
    )
    op.create_index(
        "campaign_external_key",
        "campaign",
        ["tenant_id", "external_system", "external_id"],
        unique=True,
    )
    op.create_index("campaign_name_idx", "campaign", ["tenant_id", "name", "id"], unique=False)
    op.create_index(
        "campaign_starts_on_idx", "campaign", ["tenant_id", "starts_on", "id"], unique=False
    )
    op.create_index(
        "campaign_status_idx", "campaign", ["tenant_id", "status", "updated_at", "id"], unique=False
    )
    op.create_index(
        "campaign_updated_at_idx", "campaign", ["tenant_id", "updated_at", "id"], unique=False
    )
    op.create_table(
        "campaign_cost",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("kind", crmkit.db.tables.EnumText(), nullable=False),
        sa.Column("spent_on", sa.Date(), nullable=False),
        sa.Column("spent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("amount", sa.Numeric(precision=20, scale=2), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("team", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("campaign_cost_pkey")),
    )
    op.create_index(
        "campaign_cost_campaign_idx",
        "campaign_cost",
        ["tenant_id", "campaign_id", "spent_on", "id"],
        unique=False,
    )
    op.create_index(
        "campaign_cost_spent_on_idx", "campaign_cost", ["tenant_id", "spent_on", "id"], unique=False
    )
    op.create_index(
        "campaign_cost_updated_at_idx",
        "campaign_cost",
        ["tenant_id", "updated_at", "id"],
        unique=False,
    )
    op.create_table(
        "capture_form",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("old_hash", sa.Text(), nullable=True),
        sa.Column("old_hash_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fields", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("honeypot", sa.Text(), nullable=False),
        sa.Column("origins", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("daily_cap", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=True),
        sa.Column("product", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("team", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("capture_form_pkey")),
    )
    op.create_index(
        "capture_form_name_idx", "capture_form", ["tenant_id", "name", "id"], unique=False
    )
    op.create_index(
        "capture_form_updated_at_idx",
        "capture_form",
        ["tenant_id", "updated_at", "id"],
        unique=False,
    )
    op.create_table(
        "capture_failure",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("form_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("faults", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("sent", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("team", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("capture_failure_pkey")),
    )
    op.create_index(
        "capture_failure_created_at_idx",
        "capture_failure",
        ["tenant_id", "created_at", "id"],
        unique=False,
    )
    op.create_index(
        "capture_failure_form_idx",
        "capture_failure",
        ["tenant_id", "form_id", "created_at", "id"],
        unique=False,
    )
    op.create_table(
        "capture_day",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("form_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("capture_day_pkey")),
    )
    op.create_table(
        "visit",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("first_phone", sa.Text(), nullable=True),
        sa.Column("company", sa.Text(), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=True),
        sa.Column("product", sa.Text(), nullable=False),
        sa.Column("need", sa.Text(), nullable=False),
        sa.Column("budget", sa.Numeric(precision=20, scale=2), nullable=True),
        sa.Column("currency", sa.Text(), nullable=True),
        sa.Column("companions", sa.Integer(), nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("lead_owner_id", sa.Uuid(), nullable=False),
        sa.Column("is_first", sa.Boolean(), nullable=False),
        sa.Column("ownership_protected_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("team", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("visited_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("visit_pkey")),
    )
    op.create_index(
        "visit_lead_idx", "visit", ["tenant_id", "lead_id", "visited_at", "id"], unique=False
    )
    op.create_index(
        "visit_owner_idx", "visit", ["tenant_id", "owner_id", "visited_at", "id"], unique=False
    )
    op.create_index(
        "visit_phone_idx", "visit", ["tenant_id", "phone", "visited_at", "id"], unique=False
    )
    op.create_index("visit_position_key", "visit", ["tenant_id", "first_phone"], unique=True)
    op.create_index(
        "visit_updated_at_idx", "visit", ["tenant_id", "updated_at", "id"], unique=False
    )
    op.create_index(
        "visit_visited_at_idx", "visit", ["tenant_id", "visited_at", "id"], unique=False
    )
    op.create_table(
        "enquiry",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("product", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=True),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("status", crmkit.db.tables.EnumText(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("team", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer_by", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("enquiry_pkey")),
    )
    op.create_index(
        "enquiry_lead_idx", "enquiry", ["tenant_id", "lead_id", "received_at", "id"], unique=False
    )
    op.create_index(
        "enquiry_owner_idx", "enquiry", ["tenant_id", "owner_id", "received_at", "id"], unique=False
    )
    op.create_index(
        "enquiry_received_at_idx", "enquiry", ["tenant_id", "received_at", "id"], unique=False
    )
    op.create_index(
        "enquiry_status_idx", "enquiry", ["tenant_id", "status", "answer_by", "id"], unique=False
    )
    op.create_index(
        "enquiry_updated_at_idx", "enquiry", ["tenant_id", "updated_at", "id"], unique=False
    )
    op.create_table(
        "questionnaire",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("questions", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("questionnaire_pkey")),
    )
    op.create_index("questionnaire_name_idx", "questionnaire", ["tenant_id", "name", "id"])
    op.create_index(
        "questionnaire_updated_at_idx", "questionnaire", ["tenant_id", "updated_at", "id"]
    )
    op.create_table(
        "visitor_survey",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("questionnaire_id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=True),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("questions", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("answers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("team", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("visitor_survey_pkey")),
    )
    op.create_index(
        "visitor_survey_answered_at_idx", "visitor_survey", ["tenant_id", "answered_at", "id"]
    )
    op.create_index(
        "visitor_survey_lead_idx", "visitor_survey", ["tenant_id", "lead_id", "answered_at", "id"]
    )
    op.create_index(
        "visitor_survey_questionnaire_idx",
        "visitor_survey",
        ["tenant_id", "questionnaire_id", "answered_at", "id"],
    )
    op.add_column("lead", sa.Column("campaign_id", sa.Uuid(), nullable=True))
    op.add_column("lead", sa.Column("referrer_id", sa.Uuid(), nullable=True))
    op.add_column(
        "lead",
        sa.Column("ownership_protected_until", sa.DateTime(timezone=True), nullable=True),
    )


def downgrade() -> None:
    for name in ("ownership_protected_until", "referrer_id", "campaign_id"):
        op.drop_column("lead", name)
    for name in (
        "visitor_survey",
        "questionnaire",
        "enquiry",
        "visit",
        "capture_day",
        "capture_failure",
        "capture_form",
        "campaign_cost",
        "campaign",
        "source_rule",
        "lead_source",
    ):
        op.drop_table(name)
