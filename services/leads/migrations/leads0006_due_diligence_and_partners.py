"""due diligence and channel partners

Revision ID: leads0006
"""

import sqlalchemy as sa
from alembic import op

from crmkit.db.tables import EnumText

revision = "leads0006"
down_revision = "leads0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "due_diligence",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("status", EnumText(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("outcome", EnumText(), nullable=True),
        sa.Column("background", sa.Text(), nullable=False),
        sa.Column("credit", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("team", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("due_diligence_pkey")),
    )
    op.create_index(
        "due_diligence_account_idx",
        "due_diligence",
        ["tenant_id", "account_id", "requested_at", "id"],
    )
    op.create_index(
        "due_diligence_owner_idx", "due_diligence", ["tenant_id", "owner_id", "requested_at", "id"]
    )
    op.create_index(
        "due_diligence_requested_at_idx", "due_diligence", ["tenant_id", "requested_at", "id"]
    )
    op.create_index(
        "due_diligence_updated_at_idx", "due_diligence", ["tenant_id", "updated_at", "id"]
    )
    op.create_index(
        "due_diligence_valid_until_idx", "due_diligence", ["tenant_id", "valid_until", "id"]
    )
    op.create_index(
        "due_diligence_open_key",
        "due_diligence",
        ["tenant_id", "account_id"],
        unique=True,
        postgresql_where=sa.text("status = 'requested'"),
    )
    op.create_table(
        "channel_partner",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", EnumText(), nullable=False),
        sa.Column("status", EnumText(), nullable=False),
        sa.Column("territory", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("rating", sa.Integer(), nullable=True),
        sa.Column("assessment", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("team", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("identified_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("assessed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("activated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=False),
        sa.Column("external_system", sa.Text(), nullable=True),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("channel_partner_pkey")),
    )
    op.create_index(
        "channel_partner_account_idx", "channel_partner", ["tenant_id", "account_id", "name", "id"]
    )
    op.create_index("channel_partner_name_idx", "channel_partner", ["tenant_id", "name", "id"])
    op.create_index(
        "channel_partner_owner_idx", "channel_partner", ["tenant_id", "owner_id", "name", "id"]
    )
    op.create_index(
        "channel_partner_status_idx", "channel_partner", ["tenant_id", "status", "name", "id"]
    )
    op.create_index(
        "channel_partner_updated_at_idx", "channel_partner", ["tenant_id", "updated_at", "id"]
    )
    op.create_index(
        "channel_partner_external_key",
        "channel_partner",
        ["tenant_id", "external_system", "external_id"],
        unique=True,
    )
    op.add_column("lead", sa.Column("channel_partner_id", sa.Uuid(), nullable=True))


def downgrade() -> None:
    op.drop_column("lead", "channel_partner_id")
    op.drop_table("channel_partner")
    op.drop_table("due_diligence")
