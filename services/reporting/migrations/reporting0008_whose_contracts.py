"""contracts of key accounts, of partners and of campaigns

Contracts told before are without until `crm replay reporting` was run.

Revision ID: reporting0008
"""

import sqlalchemy as sa
from alembic import op

revision = "reporting0008"
down_revision = "reporting0007"
branch_labels = None
depends_on = None

_ADDED = [
    (table, name, kind)
    for table in ("fact_contract", "fact_contract_history")
    for name, kind in (
        ("campaign_id", sa.Uuid()),
        ("channel_partner_id", sa.Uuid()),
        ("account_tier", sa.Text()),
    )
]


def upgrade() -> None:
    for table, name, kind in _ADDED:
        op.add_column(table, sa.Column(name, kind, nullable=True))


def downgrade() -> None:
    for table, name, _ in _ADDED:
        op.drop_column(table, name)
