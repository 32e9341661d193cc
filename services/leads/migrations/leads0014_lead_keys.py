"""indexes of what leads are found again by

Revision ID: leads0014
"""

from alembic import op

from crmkit.migrations import live

revision = "leads0014"
down_revision = "leads0013"
branch_labels = None
depends_on = None

_INDEXES = (
    ("lead_phone_idx", ["phone_key", "id"]),
    ("lead_email_idx", ["email_key", "id"]),
    ("lead_company_tail_idx", ["company_tail", "id"]),
    ("lead_merged_into_idx", ["merged_into", "merge_version"]),
)
_GUARDS = ("phone_guard", "email_guard")
_UNANSWERED = """first_response_due_at is not null and first_responded_at is null
 and response_overdue_at is null and merged_into is null and deleted_at is null"""


def upgrade() -> None:
    live.add_index("lead_company_key_idx", "lead", ["tenant_id", "company_key", "id"])
    for name, columns in _INDEXES:
        live.add_index(name, "lead", ["tenant_id", *columns], where=f"{columns[0]} is not null")
    for guard in _GUARDS:
        live.add_index(
            f"lead_{guard}_key",
            "lead",
            ["tenant_id", guard],
            unique=True,
            where=f"{guard} is not null",
        )
    live.add_index(
        "lead_unanswered_idx", "lead", ["tenant_id", "first_response_due_at"], where=_UNANSWERED
    )
    live.add_index("lead_unkeyed_idx", "lead", ["tenant_id", "id"], where="company_key is null")


def downgrade() -> None:
    op.drop_index("lead_unkeyed_idx", table_name="lead")
    op.drop_index("lead_unanswered_idx", table_name="lead")
    for guard in _GUARDS:
        op.drop_index(f"lead_{guard}_key", table_name="lead")
    for name, _ in _INDEXES:
        op.drop_index(name, table_name="lead")
    op.drop_index("lead_company_key_idx", table_name="lead")
