"""check lists of sites, and units that fit visitors

Revision ID: leads0031
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "leads0031"
down_revision = "leads0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "site_checklist",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=True),
        sa.Column("ready_by", sa.Date(), nullable=True),
        sa.Column("items", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("open_items", sa.Integer(), nullable=False),
        sa.Column("ready_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("team", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("site_checklist_pkey")),
    )
    created, updated = ["tenant_id", "created_at", "id"], ["tenant_id", "updated_at", "id"]
    op.create_index("site_checklist_created_at_idx", "site_checklist", created)
    op.create_index("site_checklist_updated_at_idx", "site_checklist", updated)
    op.create_index(
        "site_checklist_campaign_idx",
        "site_checklist",
        ["tenant_id", "campaign_id", "created_at", "id"],
    )
    op.add_column(
        "visit",
        sa.Column(
            "matched_units",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            server_default=sa.text("'[]'"),
        ),
    )
    op.add_column(
        "visit", sa.Column("match_note", sa.Text(), nullable=False, server_default=sa.text("''"))
    )


def downgrade() -> None:
    op.drop_column("visit", "match_note")
    op.drop_column("visit", "matched_units")
    op.drop_table("site_checklist")
