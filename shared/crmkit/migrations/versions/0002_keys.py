"""What every service knows of API keys: the copy that lets them in, and when it saw them last.

Revision ID: kit0002
"""

from alembic import op

revision = "kit0002"
down_revision = "kit0001"
branch_labels = None
depends_on = None

_TABLES = (
    """
    create table directory_key (
      tenant_id uuid not null,
      id uuid not null,
      version int not null,
      hash text not null,
      old_hash text,
      old_hash_until timestamptz,
      roles jsonb not null,
      scopes jsonb not null,
      team text not null,
      expires_at timestamptz,
      revoked_at timestamptz,
      primary key (tenant_id, id)
    )
    """,
    """
    create table key_use (
      tenant_id uuid not null,
      id uuid not null,
      version int not null,
      used_at timestamptz not null,
      primary key (tenant_id, id)
    )
    """,
)


def upgrade() -> None:
    for table in _TABLES:
        op.get_bind().exec_driver_sql(table)


def downgrade() -> None:
    for table in ("key_use", "directory_key"):
        op.drop_table(table)
