"""figures of campaigns

What was told before has no cells of campaigns until `crm replay reporting` was run, which adds new
measures, too.

Revision ID: reporting0007
"""

import sqlalchemy as sa
from alembic import op

revision = "reporting0007"
down_revision = "reporting0006"
branch_labels = None
depends_on = None

_FACTS = ("fact_visit", "fact_enquiry", "fact_campaign_cost")
_TABLES = [table for fact in _FACTS for table in (fact, f"{fact}_history")]


def upgrade() -> None:
    for table in _TABLES:
        op.add_column(table, sa.Column("campaign_id", sa.Uuid(), nullable=True))
    op.create_table(
        "rollup_campaign",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("measure", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("team", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("product", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=20, scale=2), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("amount <> 'NaN'", name=op.f("rollup_campaign_amount_is_number_check")),
        sa.PrimaryKeyConstraint(
            "tenant_id",
            "measure",
            "day",
            "owner_id",
            "team",
            "region",
            "source",
            "product",
            "kind",
            "currency",
            "campaign_id",
            name=op.f("rollup_campaign_pkey"),
        ),
    )


def downgrade() -> None:
    op.drop_table("rollup_campaign")
    for table in _TABLES:
        op.drop_column(table, "campaign_id")
