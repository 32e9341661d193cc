"""Since when the listeners of a service that was resumed owe a replay; null where they owe none.

Revision ID: kit0009
"""

from alembic import op

revision = "kit0009"
down_revision = "kit0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("alter table relay add column replay_due timestamptz")


def downgrade() -> None:
    op.execute("alter table relay drop column replay_due")
