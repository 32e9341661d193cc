"""The signed roots of the ledger, one for each UTC day.

Revision ID: kit0004
"""

from alembic import op

revision = "kit0004"
down_revision = "kit0003"
branch_labels = None
depends_on = None

_ROOT = """
create table ledger_root (
  day date primary key,
  position bigint not null,
  hash bytea not null,
  key_id text not null,
  public_key bytea not null,
  signature bytea not null,
  signed_at timestamptz not null
)
"""


def upgrade() -> None:
    op.get_bind().exec_driver_sql(_ROOT)


def downgrade() -> None:
    raise NotImplementedError("signed roots cannot be made again; drop the database instead")
