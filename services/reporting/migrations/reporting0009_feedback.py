"""feedback of those who sell

Revision ID: reporting0009
"""

import sqlalchemy as sa
from alembic import op

revision = "reporting0009"
down_revision = "reporting0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "fact_feedback",
        *_fact(),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("fact_feedback_pkey")),
    )
    op.create_table(
        "fact_feedback_history",
        *_fact(),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint(
            "tenant_id", "id", "version", name=op.f("fact_feedback_history_pkey")
        ),
    )


def _fact() -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("deleted", sa.Boolean(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("team", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("product", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
    )


def downgrade() -> None:
    op.drop_table("fact_feedback_history")
    op.drop_table("fact_feedback")
