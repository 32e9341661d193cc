"""numbers are keyed in one way, and what is asked by contact or lead has an index

Revision ID: leads0016
"""

from alembic import op

from crmkit.migrations import live

revision = "leads0016"
down_revision = "leads0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    live.backfill("lead", "company_key = null", "company_key is not null and phone is not null")
    live.backfill(
        "visit",
        "first_phone = '+86' || regexp_replace(first_phone, '^0', '')",
        "first_phone ~ '^(1[0-9]{10}|0[1-9][0-9]{8,10})$'",
    )
    live.remove_index("lead_phone_written_idx")
    for table, name, columns in (
        ("activity", "contact", ["contact_id", "done_at", "id"]),
        ("follow_up_plan", "lead", ["lead_id", "started_at", "id"]),
    ):
        live.add_index(
            f"{table}_{name}_idx",
            table,
            ["tenant_id", *columns],
            where=f"{name}_id is not null",
        )


def downgrade() -> None:
    op.drop_index("follow_up_plan_lead_idx", table_name="follow_up_plan")
    op.drop_index("activity_contact_idx", table_name="activity")
    op.create_index("lead_phone_written_idx", "lead", ["tenant_id", "phone", "id"])
