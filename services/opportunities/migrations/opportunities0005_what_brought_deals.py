"""deals say which campaign and which partner brought their lead

Revision ID: opportunities0005
"""

import sqlalchemy as sa
from alembic import op

revision = "opportunities0005"
down_revision = "opportunities0004"
branch_labels = None
depends_on = None

_ADDED = ("campaign_id", "channel_partner_id")


def upgrade() -> None:
    for name in _ADDED:
        op.add_column("opportunity", sa.Column(name, sa.Uuid(), nullable=True))


def downgrade() -> None:
    for name in _ADDED:
        op.drop_column("opportunity", name)
