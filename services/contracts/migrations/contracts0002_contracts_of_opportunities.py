"""contracts of opportunities

Revision ID: contracts0002
Revises: contracts0001
"""

from alembic import op

revision = "contracts0002"
down_revision = "contracts0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    columns = ["tenant_id", "opportunity_id", "drafted_at", "id"]
    op.create_index("contract_opportunity_idx", "contract", columns)


def downgrade() -> None:
    op.drop_index("contract_opportunity_idx", "contract")
