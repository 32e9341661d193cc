"""What records are found by in searches, in short, to be walked along in a list's order.

Revision ID: kit0016
"""

from importlib.resources import files

from alembic import op

revision = "kit0016"
down_revision = "kit0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in files("crmkit.migrations").joinpath("kit0016.sql").read_text().split(";;\n"):
        if statement.strip():
            op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    op.execute("drop function crm.walked")
    op.execute("drop function crm.about_keyed")
    op.drop_column("search_key", "sketch")
