"""activities in full

Revision ID: leads0004
"""

import sqlalchemy as sa
from alembic import op

import crmkit.db.tables

revision = "leads0004"
down_revision = "leads0003"
branch_labels = None
depends_on = None

_NEW = (
    sa.Column("contact_id", sa.Uuid(), nullable=True),
    sa.Column("direction", crmkit.db.tables.EnumText(), nullable=True),
    sa.Column("connected", sa.Boolean(), nullable=True),
    sa.Column("channel", crmkit.db.tables.EnumText(), nullable=True),
    sa.Column("outcome_code", crmkit.db.tables.EnumText(), nullable=True),
    sa.Column("objection", crmkit.db.tables.EnumText(), nullable=True),
    sa.Column("sentiment", crmkit.db.tables.EnumText(), nullable=True),
    sa.Column("duration_minutes", sa.Integer(), nullable=True),
    sa.Column("notes", sa.Text(), server_default="", nullable=False),
    sa.Column("checked_in_at", sa.DateTime(timezone=True), nullable=True),
    sa.Column("latitude", sa.Numeric(precision=9, scale=6), nullable=True),
    sa.Column("longitude", sa.Numeric(precision=9, scale=6), nullable=True),
    sa.Column("place", sa.Text(), server_default="", nullable=False),
    sa.Column("follows_id", sa.Uuid(), nullable=True),
    sa.Column("follow_up_id", sa.Uuid(), nullable=True),
)


def upgrade() -> None:
    for column in _NEW:
        op.add_column("activity", column)


def downgrade() -> None:
    for column in reversed(_NEW):
        op.drop_column("activity", column.name)
