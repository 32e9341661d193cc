"""indexes of leads by score, and of those that are due to be scored again

Revision ID: leads0021
"""

from alembic import op

from crmkit.migrations import live

revision = "leads0021"
down_revision = "leads0020"
branch_labels = None
depends_on = None

_SCORABLE = "deleted_at is null and status in ('new', 'working', 'qualified')"


def upgrade() -> None:
    live.add_index(
        "lead_score_idx", "lead", ["tenant_id", "score", "id"], where="score is not null"
    )
    live.add_index(
        "lead_score_due_idx",
        "lead",
        ["tenant_id", "score_due_at", "id"],
        where=f"score_due_at is not null and {_SCORABLE}",
    )


def downgrade() -> None:
    op.drop_index("lead_score_due_idx", table_name="lead")
    op.drop_index("lead_score_idx", table_name="lead")
