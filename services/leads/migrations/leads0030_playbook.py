"""objections, open questions, and what is known of needs

Revision ID: leads0030
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

import crmkit.db.tables

revision = "leads0030"
down_revision = "leads0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "objection_entry",
        *_own(),
        sa.Column("objection", crmkit.db.tables.EnumText(), nullable=False),
        sa.Column("says", sa.Text(), nullable=False),
        sa.Column("answers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("product", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("objection_entry_pkey")),
    )
    op.create_table(
        "question_set",
        *_own(),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("questions", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("question_set_pkey")),
    )
    newest = ["tenant_id", "updated_at", "id"]
    op.create_index("objection_entry_updated_at_idx", "objection_entry", newest)
    op.create_index("question_set_updated_at_idx", "question_set", newest)
    op.create_index(
        "objection_entry_objection_idx", "objection_entry", ["tenant_id", "objection", "id"]
    )
    op.create_index("question_set_name_idx", "question_set", ["tenant_id", "name", "id"])
    op.add_column(
        "lead",
        sa.Column(
            "needs",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            server_default=sa.text("'{}'"),
        ),
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
    op.drop_column("lead", "needs")
    for table in ("question_set", "objection_entry"):
        op.drop_table(table)
