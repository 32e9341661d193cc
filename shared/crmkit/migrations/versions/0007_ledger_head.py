"""What a ledger's entry covers besides the digest: form 2 also who, when and what kind.

Entries that are there already keep form 1, which covers no head.

Revision ID: kit0007
"""

import sqlalchemy as sa
from alembic import op

revision = "kit0007"
down_revision = "kit0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    form = sa.Column("form", sa.SmallInteger(), nullable=False, server_default="1")
    op.add_column("ledger", form)
    op.add_column("ledger", sa.Column("head", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    raise NotImplementedError("entries of form 2 could not be proved any more")
