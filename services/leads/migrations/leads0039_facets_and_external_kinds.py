"""what of a competitor news tells, and where external sources are

Revision ID: leads0039
"""

import sqlalchemy as sa
from alembic import op

import crmkit.db.tables

revision = "leads0039"
down_revision = "leads0038"
branch_labels = None
depends_on = None

_ADDED = (("market_intel", "facet"), ("lead_source", "external_kind"))


def upgrade() -> None:
    for table, name in _ADDED:
        op.add_column(table, sa.Column(name, crmkit.db.tables.EnumText(), nullable=True))


def downgrade() -> None:
    for table, name in _ADDED:
        op.drop_column(table, name)
