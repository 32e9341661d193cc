"""what goes with a merged lead besides activities, who a converted lead became, and whether
somebody who was seen was a customer then

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
    op.add_column("lead", sa.Column("contact_id", sa.Uuid(), nullable=True))
    op.add_column("activity", sa.Column("with_customer", sa.Boolean(), nullable=True))


def downgrade() -> None:
    op.drop_column("activity", "with_customer")
    op.drop_column("lead", "contact_id")
    op.drop_column("lead", "moved_records")
