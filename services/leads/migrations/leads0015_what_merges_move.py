"""what goes with a merged lead besides activities

Revision ID: leads0015
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "leads0015"
down_revision = "leads0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "lead",
        sa.Column(
            "moved_records", postgresql.JSONB(), nullable=False, server_default=sa.text("'[]'")
        ),
    )


def downgrade() -> None:
    op.drop_column("lead", "moved_records")
