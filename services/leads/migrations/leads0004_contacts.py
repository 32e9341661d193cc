"""contacts

Revision ID: leads0004
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

import crmkit.db.tables

revision = "leads0004"
down_revision = "leads0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "contact",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("role", crmkit.db.tables.EnumText(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("is_primary", sa.Boolean(), nullable=False),
        sa.Column("relationship_level", sa.Integer(), nullable=True),
        sa.Column("relationship_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("preferred_channel", crmkit.db.tables.EnumText(), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("do_not_contact", sa.Boolean(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("team", sa.Text(), nullable=False),
        sa.Column("external_system", sa.Text(), nullable=True),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("contact_pkey")),
        postgresql.ExcludeConstraint(
            (sa.column("tenant_id"), "="),
            (sa.column("account_id"), "="),
            using="btree",
            where=sa.text("is_primary"),
            name="contact_primary_key",
            deferrable=True,
            initially="IMMEDIATE",
        ),
    )
    op.create_index(
        "contact_account_idx", "contact", ["tenant_id", "account_id", "name", "id"], unique=False
    )
    op.create_index(
        "contact_account_created_idx", "contact", ["tenant_id", "account_id", "created_at", "id"]
    )
    op.create_index("contact_email_idx", "contact", ["tenant_id", "email"], unique=False)
    op.create_index(
        "contact_external_key",
        "contact",
        ["tenant_id", "external_system", "external_id"],
        unique=True,
    )
    op.create_index("contact_name_idx", "contact", ["tenant_id", "name", "id"], unique=False)
    op.create_index(
        "contact_owner_idx", "contact", ["tenant_id", "owner_id", "name", "id"], unique=False
    )
    op.create_index("contact_phone_idx", "contact", ["tenant_id", "phone"], unique=False)
    op.create_index(
        "contact_updated_at_idx", "contact", ["tenant_id", "updated_at", "id"], unique=False
    )


def downgrade() -> None:
    op.drop_table("contact")
