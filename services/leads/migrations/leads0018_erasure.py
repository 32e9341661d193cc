"""what was erased of a person, and the register of erasures

Revision ID: leads0018
"""

import sqlalchemy as sa
from alembic import op

from crmkit.db.tables import EnumText

revision = "leads0018"
down_revision = "leads0017"
branch_labels = None
depends_on = None

_ERASABLE = (
    "contact",
    "lead",
    "activity",
    "visit",
    "enquiry",
    "visitor_survey",
    "survey",
    "capture_failure",
)


def upgrade() -> None:
    for table in _ERASABLE:
        op.add_column(table, sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "erasure",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", EnumText(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("reason", EnumText(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("records", sa.Integer(), nullable=False),
        sa.Column("events", sa.Integer(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("team", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("erasure_pkey")),
    )
    op.create_index("erasure_created_at_idx", "erasure", ["tenant_id", "created_at", "id"])
    op.create_index(
        "erasure_subject_idx", "erasure", ["tenant_id", "subject_id", "created_at", "id"]
    )


def downgrade() -> None:
    op.drop_table("erasure")
    for table in reversed(_ERASABLE):
        op.drop_column(table, "erased_at")
