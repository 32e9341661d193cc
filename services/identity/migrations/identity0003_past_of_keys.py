"""when keys had last been used, as of any instant from now on

Revision ID: identity0003
"""

from alembic import op

from crmkit.migrations import live

revision = "identity0003"
down_revision = "identity0002"
branch_labels = None
depends_on = "kit0013"


def upgrade() -> None:
    live.keep_past("identity", "key", ("last_used_at",))


def downgrade() -> None:
    op.execute("drop trigger key_past_gone on key")
    op.execute("drop trigger key_past on key")
    op.execute("drop function crm.keep_past_of_key")
