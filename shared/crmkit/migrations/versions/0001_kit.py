"""What every service's database has: events, outbox, ledger, idempotency, watermarks, directory.

Revision ID: kit0001
"""

from importlib.resources import files

from alembic import op

revision = "kit0001"
down_revision = None
branch_labels = ("kit",)
depends_on = None


def upgrade() -> None:
    for statement in files("crmkit.migrations").joinpath("kit.sql").read_text().split(";;\n"):
        if statement.strip():
            op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    raise NotImplementedError("the kit's tables hold the ledger; drop the database instead")
