"""What records are found by in searches, and which of them wait for it.

Revision ID: kit0012
"""

from importlib.resources import files

from alembic import op

revision = "kit0012"
down_revision = "kit0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in files("crmkit.migrations").joinpath("kit0012.sql").read_text().split(";;\n"):
        if statement.strip():
            op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    op.execute("drop function crm.mark_searched cascade")
    op.execute("drop function crm.keyed")
    op.drop_table("search_due")
    op.drop_table("search_key")
