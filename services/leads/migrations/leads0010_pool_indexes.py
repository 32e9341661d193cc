"""indexes of what lies in pools and of what is due

Revision ID: leads0010
"""

from alembic import op

from crmkit.migrations import live

revision = "leads0010"
down_revision = "leads0009"
branch_labels = None
depends_on = None

_OPEN = "deleted_at is null and status in ('new', 'working', 'qualified')"


def upgrade() -> None:
    live.add_index(
        "lead_held_idx",
        "lead",
        ["tenant_id", "owner_id", "pool_id"],
        where=f"pool_id is not null and {_OPEN}",
    )
    live.add_index(
        "lead_recycle_due_idx",
        "lead",
        ["tenant_id", "recycle_due_at", "id"],
        where=f"recycle_due_at is not null and {_OPEN}",
    )


def downgrade() -> None:
    op.drop_index("lead_recycle_due_idx", table_name="lead")
    op.drop_index("lead_held_idx", table_name="lead")
