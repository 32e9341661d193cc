"""a tenant says by when a lead is answered, and how long a visitor is protected

Revision ID: leads0025
"""

import sqlalchemy as sa
from alembic import op

revision = "leads0025"
down_revision = "leads0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "lead_terms",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("response_minutes", sa.Integer(), nullable=False),
        sa.Column("protected_days", sa.Integer(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("lead_terms_pkey")),
    )


def downgrade() -> None:
    op.drop_table("lead_terms")
