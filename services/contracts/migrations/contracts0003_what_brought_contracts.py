"""contracts say what brought their deal, and what their account was when they were signed

Accounts told of before are copied as their events are read again; for that the watermarks of their
topic, one for each partition, are forgotten. Until then a contract is signed with no tier.

Revision ID: contracts0003
"""

import sqlalchemy as sa
from alembic import op

revision = "contracts0003"
down_revision = "contracts0002"
branch_labels = None
depends_on = None

_READ_AGAIN = "delete from watermark where topic = 'crm.account.v1'"
_ADDED = [
    (table, name)
    for table in ("contract", "deal_copy")
    for name in ("campaign_id", "channel_partner_id")
]


def upgrade() -> None:
    for table, name in _ADDED:
        op.add_column(table, sa.Column(name, sa.Uuid(), nullable=True))
    tier = sa.Column("account_tier", sa.Text(), nullable=False, server_default="")
    op.add_column("contract", tier)
    op.create_table(
        "account_copy",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tier", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("account_copy_pkey")),
    )
    op.execute(_READ_AGAIN)


def downgrade() -> None:
    op.drop_table("account_copy")
    op.drop_column("contract", "account_tier")
    for table, name in _ADDED:
        op.drop_column(table, name)
