"""the leads of a deal are found by it

Revision ID: leads0038
"""

from crmkit.migrations import live

revision = "leads0038"
down_revision = "leads0037"
branch_labels = None
depends_on = None

_INDEX = "lead_with_opportunity_idx"


def upgrade() -> None:
    columns = ["tenant_id", "opportunity_id", "received_at", "id"]
    live.add_index(_INDEX, "lead", columns, where="opportunity_id is not null")


def downgrade() -> None:
    live.remove_index(_INDEX)
