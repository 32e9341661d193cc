"""inbound webhooks, and links by which surveys are answered

Revision ID: leads0022
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

import crmkit.db.tables

revision = "leads0022"
down_revision = "leads0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _inbound_endpoint()
    _inbound_message()
    op.create_table(
        "inbound_day",
        *_own(),
        sa.Column("endpoint_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.Column("repeated", sa.Integer(), nullable=False),
        sa.Column("unsigned", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("inbound_day_pkey")),
    )
    op.add_column("survey", sa.Column("link_hash", sa.Text(), nullable=True))
    op.add_column("survey", sa.Column("link_until", sa.DateTime(timezone=True), nullable=True))


def _inbound_endpoint() -> None:
    op.create_table(
        "inbound_endpoint",
        *_own(),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("old_hash", sa.Text(), nullable=True),
        sa.Column("old_hash_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("scheme", crmkit.db.tables.EnumText(), nullable=False),
        sa.Column("header", sa.Text(), nullable=False),
        sa.Column("header_prefix", sa.Text(), nullable=False),
        sa.Column("encoding", crmkit.db.tables.EnumText(), nullable=False),
        sa.Column("id_header", sa.Text(), nullable=False),
        sa.Column("secrets", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("sealed", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("old_secret_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("mapping", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("external_system", sa.Text(), nullable=True),
        sa.Column("duplicates", crmkit.db.tables.EnumText(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("daily_cap", sa.Integer(), nullable=False),
        sa.Column("keep_days", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=True),
        sa.Column("product", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("team", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("inbound_endpoint_pkey")),
    )
    for name in ("name", "updated_at"):
        op.create_index(
            f"inbound_endpoint_{name}_idx", "inbound_endpoint", ["tenant_id", name, "id"]
        )


def _inbound_message() -> None:
    op.create_table(
        "inbound_message",
        *_own(),
        sa.Column("endpoint_id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("body_hash", sa.Text(), nullable=False),
        sa.Column("status", crmkit.db.tables.EnumText(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("faults", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=True),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("raw_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("headers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("team", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("inbound_message_pkey")),
    )
    op.create_index(
        "inbound_message_place_key",
        "inbound_message",
        ["tenant_id", "endpoint_id", "place"],
        unique=True,
    )
    op.create_index(
        "inbound_message_created_at_idx", "inbound_message", ["tenant_id", "created_at", "id"]
    )
    op.create_index(
        "inbound_message_endpoint_idx",
        "inbound_message",
        ["tenant_id", "endpoint_id", "status", "created_at", "id"],
    )
    op.create_index(
        "inbound_message_raw_idx",
        "inbound_message",
        ["tenant_id", "raw_until"],
        postgresql_where=sa.text("body is not null"),
    )


def _own() -> list[sa.Column[object]]:
    """What every aggregate's row has."""
    return [
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
    ]


def downgrade() -> None:
    op.drop_column("survey", "link_until")
    op.drop_column("survey", "link_hash")
    for table in ("inbound_day", "inbound_message", "inbound_endpoint"):
        op.drop_table(table)
