"""qualification, duplicates, merges and the response clock of leads

Revision ID: leads0013
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

import crmkit.db.tables

revision = "leads0013"
down_revision = "leads0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "lead",
        sa.Column(
            "kind", crmkit.db.tables.EnumText(), nullable=False, server_default=sa.text("'direct'")
        ),
    )
    op.add_column("lead", sa.Column("desire", sa.Boolean(), nullable=True))
    op.add_column(
        "lead", sa.Column("desire_note", sa.Text(), nullable=False, server_default=sa.text("''"))
    )
    op.add_column("lead", sa.Column("ability", sa.Boolean(), nullable=True))
    op.add_column(
        "lead", sa.Column("ability_note", sa.Text(), nullable=False, server_default=sa.text("''"))
    )
    op.add_column("lead", sa.Column("authority", sa.Boolean(), nullable=True))
    op.add_column(
        "lead", sa.Column("authority_note", sa.Text(), nullable=False, server_default=sa.text("''"))
    )
    op.add_column("lead", sa.Column("eligibility", sa.Boolean(), nullable=True))
    op.add_column(
        "lead",
        sa.Column("eligibility_note", sa.Text(), nullable=False, server_default=sa.text("''")),
    )
    op.add_column(
        "lead", sa.Column("expected_price", sa.Numeric(precision=20, scale=2), nullable=True)
    )
    op.add_column("lead", sa.Column("duplicate_of", sa.Uuid(), nullable=True))
    op.add_column("lead", sa.Column("merged_into", sa.Uuid(), nullable=True))
    op.add_column("lead", sa.Column("merged_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("lead", sa.Column("merge_version", sa.Integer(), nullable=True))
    op.add_column(
        "lead",
        sa.Column(
            "merged_from", postgresql.JSONB(), nullable=False, server_default=sa.text("'[]'")
        ),
    )
    op.add_column(
        "lead",
        sa.Column(
            "moved_activities", postgresql.JSONB(), nullable=False, server_default=sa.text("'[]'")
        ),
    )
    op.add_column(
        "lead", sa.Column("first_response_due_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.add_column(
        "lead", sa.Column("first_responded_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.add_column("lead", sa.Column("first_response_minutes", sa.Integer(), nullable=True))
    op.add_column(
        "lead", sa.Column("response_overdue_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.add_column("lead", sa.Column("phone_key", sa.Text(), nullable=True))
    op.add_column("lead", sa.Column("email_key", sa.Text(), nullable=True))
    op.add_column("lead", sa.Column("company_key", sa.Text(), nullable=True))
    op.add_column("lead", sa.Column("company_tail", sa.Text(), nullable=True))
    op.add_column("lead", sa.Column("phone_guard", sa.Text(), nullable=True))
    op.add_column("lead", sa.Column("email_guard", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("lead", "email_guard")
    op.drop_column("lead", "phone_guard")
    op.drop_column("lead", "company_tail")
    op.drop_column("lead", "company_key")
    op.drop_column("lead", "email_key")
    op.drop_column("lead", "phone_key")
    op.drop_column("lead", "response_overdue_at")
    op.drop_column("lead", "first_response_minutes")
    op.drop_column("lead", "first_responded_at")
    op.drop_column("lead", "first_response_due_at")
    op.drop_column("lead", "moved_activities")
    op.drop_column("lead", "merged_from")
    op.drop_column("lead", "merge_version")
    op.drop_column("lead", "merged_at")
    op.drop_column("lead", "merged_into")
    op.drop_column("lead", "duplicate_of")
    op.drop_column("lead", "expected_price")
    op.drop_column("lead", "eligibility_note")
    op.drop_column("lead", "eligibility")
    op.drop_column("lead", "authority_note")
    op.drop_column("lead", "authority")
    op.drop_column("lead", "ability_note")
    op.drop_column("lead", "ability")
    op.drop_column("lead", "desire_note")
    op.drop_column("lead", "desire")
    op.drop_column("lead", "kind")
