"""Values of custom fields in plain columns, kept by a trigger on tables that carry `custom`.

Revision ID: kit0005
"""

from importlib.resources import files

from alembic import op

revision = "kit0005"
down_revision = "kit0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in files("crmkit.migrations").joinpath("kit0005.sql").read_text().split(";;\n"):
        if statement.strip():
            op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    op.execute("drop function crm.index_custom cascade")
    op.drop_table("custom_value")
