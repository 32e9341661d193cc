"""rules ask how good who gets a lead is at something, and places in pools say so

Revision ID: leads0038
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "leads0038"
down_revision = "leads0037"
branch_labels = None
depends_on = None

_TABLES = ("pool_member", "assignment_rule")


def upgrade() -> None:
    for table in _TABLES:
        empty = sa.text("'{}'::jsonb")
        skills = sa.Column("skills", postgresql.JSONB(), nullable=False, server_default=empty)
        op.add_column(table, skills)


def downgrade() -> None:
    for table in _TABLES:
        op.drop_column(table, "skills")
