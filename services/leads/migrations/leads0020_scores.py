"""scores of leads, and the rules and models they are made by

Revision ID: leads0020
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

import crmkit.db.tables

revision = "leads0020"
down_revision = "leads0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "scoring_rule",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("kind", crmkit.db.tables.EnumText(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("test", crmkit.db.tables.EnumText(), nullable=True),
        sa.Column("values", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("activity_kinds", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("outcomes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("half_life_days", sa.Integer(), nullable=True),
        sa.Column("most", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("scoring_rule_pkey")),
    )
    op.create_index(
        "scoring_rule_name_key",
        "scoring_rule",
        ["tenant_id", "name"],
        unique=True,
        postgresql_where=sa.text("deleted_at is null"),
    )
    op.create_index(
        "scoring_rule_position_key", "scoring_rule", ["tenant_id", "position"], unique=True
    )
    op.create_index("scoring_rule_rank_idx", "scoring_rule", ["tenant_id", "rank", "id"])
    op.create_index(
        "scoring_rule_updated_at_idx", "scoring_rule", ["tenant_id", "updated_at", "id"]
    )
    op.create_table(
        "score_model",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("status", crmkit.db.tables.EnumText(), nullable=False),
        sa.Column("intercept", sa.Text(), nullable=False),
        sa.Column("slope", sa.Text(), nullable=False),
        sa.Column("shift", sa.Text(), nullable=False),
        sa.Column("columns", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("backtest", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("alarms", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("trained_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("activated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("score_model_pkey")),
        postgresql.ExcludeConstraint(
            (sa.column("tenant_id"), "="),
            where=sa.text("status = 'active'"),
            using="btree",
            name="score_model_active_key",
            deferrable=True,
            initially="IMMEDIATE",
        ),
    )
    op.create_index("score_model_trained_at_idx", "score_model", ["tenant_id", "trained_at", "id"])
    op.create_index("score_model_updated_at_idx", "score_model", ["tenant_id", "updated_at", "id"])
    op.create_table(
        "score_sweep",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("place", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("score_sweep_pkey")),
    )
    op.add_column("lead", sa.Column("score", sa.Integer(), nullable=True))
    op.add_column("lead", sa.Column("grade", crmkit.db.tables.EnumText(), nullable=True))
    op.add_column("lead", sa.Column("scored_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "lead",
        sa.Column(
            "scoring",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            server_default=sa.text("'{}'"),
        ),
    )
    op.add_column("lead", sa.Column("score_due_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    for name in ("score_due_at", "scoring", "scored_at", "grade", "score"):
        op.drop_column("lead", name)
    for name in ("score_sweep", "score_model", "scoring_rule"):
        op.drop_table(name)
