"""a template of follow-ups may say who does what it starts by itself

Revision ID: leads0039
"""

import sqlalchemy as sa
from alembic import op

revision = "leads0039"
down_revision = "leads0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("follow_up_template", sa.Column("owner_id", sa.Uuid(), nullable=True))


def downgrade() -> None:
    op.drop_column("follow_up_template", "owner_id")
