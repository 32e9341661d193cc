"""which leads and surveys are a contact's

Revision ID: leads0019
"""

from alembic import op

from crmkit.migrations import live

revision = "leads0019"
down_revision = "leads0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("lead", "survey"):
        live.add_index(
            f"{table}_contact_idx",
            table,
            ["tenant_id", "contact_id"],
            where="contact_id is not null",
        )


def downgrade() -> None:
    op.drop_index("survey_contact_idx", table_name="survey")
    op.drop_index("lead_contact_idx", table_name="lead")
