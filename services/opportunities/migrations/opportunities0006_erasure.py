"""deals of persons can be erased

Revision ID: opportunities0006
"""

import sqlalchemy as sa
from alembic import op

revision = "opportunities0006"
down_revision = "opportunities0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("opportunity", sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("opportunity", "erased_at")
