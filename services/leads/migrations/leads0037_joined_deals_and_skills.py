"""leads join deals that are open already, rules ask for skills, templates say who follows up

Deals told of before are heard of from the first event on, as of any service that was not heard of.

Revision ID: leads0037
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "leads0037"
down_revision = "leads0036"
branch_labels = None
depends_on = None

_SKILLED = ("pool_member", "assignment_rule")


def upgrade() -> None:
    op.create_table(
        "deal_copy",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("team", sa.Text(), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("deal_copy_pkey")),
    )
    for table in _SKILLED:
        empty = sa.text("'{}'::jsonb")
        skills = sa.Column("skills", postgresql.JSONB(), nullable=False, server_default=empty)
        op.add_column(table, skills)
    op.add_column("follow_up_template", sa.Column("owner_id", sa.Uuid(), nullable=True))


def downgrade() -> None:
    op.drop_column("follow_up_template", "owner_id")
    for table in _SKILLED:
        op.drop_column(table, "skills")
    op.drop_table("deal_copy")
