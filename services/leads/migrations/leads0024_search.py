"""leads, accounts and contacts are found by what is in their names and numbers

Revision ID: leads0024
"""

from alembic import op

from crmkit.migrations import live

revision = "leads0024"
down_revision = "leads0023"
branch_labels = None
depends_on = "kit0012"

_SAID = {
    "lead": ("company", "contact_name", "email", "phone", "received_at"),
    "account": ("name", "website"),
    "contact": ("name", "title", "email", "phone"),
}


def upgrade() -> None:
    for table, columns in _SAID.items():
        live.make_searchable(table, columns)


def downgrade() -> None:
    for table in _SAID:
        for kind in ("new", "set", "gone"):
            op.execute(f"drop trigger {table}_searched_{kind} on {table}")
