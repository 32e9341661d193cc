"""feedback of those who sell, with exports

Revision ID: leads0035
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

import crmkit.db.tables

revision = "leads0035"
down_revision = "leads0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "feedback",
        *_record(),
        sa.Column("kind", crmkit.db.tables.EnumText(), nullable=False),
        sa.Column("effect", crmkit.db.tables.EnumText(), nullable=False),
        sa.Column("cost", crmkit.db.tables.EnumText(), nullable=False),
        sa.Column("status", crmkit.db.tables.EnumText(), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=True),
        sa.Column("campaign_id", sa.Uuid(), nullable=True),
        sa.Column("unnamed", sa.Boolean(), nullable=False),
        sa.Column("sender_id", sa.Uuid(), nullable=True),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("team", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("assignee_id", sa.Uuid(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        _key("feedback"),
    )
    by_owner = ["tenant_id", "owner_id", "received_at", "id"]
    by_lead = ["tenant_id", "lead_id", "received_at", "id"]
    by_assignee = ["tenant_id", "assignee_id", "id"]
    op.create_index("feedback_received_at_idx", "feedback", ["tenant_id", "received_at", "id"])
    op.create_index("feedback_owner_idx", "feedback", by_owner)
    op.create_index("feedback_assignee_idx", "feedback", by_assignee)
    op.create_index("feedback_lead_idx", "feedback", by_lead)
    op.create_index("feedback_updated_at_idx", "feedback", ["tenant_id", "updated_at", "id"])
    _make_jobs("feedback_job")
    _make_parts("feedback_job_part")


def _record() -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
    )


def _key(table: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f(f"{table}_pkey"))


def _make_jobs(table: str) -> None:
    op.create_table(
        table,
        *_record(),
        sa.Column("kind", crmkit.db.tables.EnumText(), nullable=False),
        sa.Column("state", crmkit.db.tables.EnumText(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("options", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("team", sa.Text(), nullable=False),
        sa.Column("caller", sa.Text(), nullable=False),
        sa.Column("roles", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("scopes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        *(
            sa.Column(count, sa.Integer(), nullable=count == "total")
            for count in ("total", "done", "created", "updated", "refused", "undone")
        ),
        sa.Column("mark", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        _key(table),
    )
    op.create_index(f"{table}_created_at_idx", table, ["tenant_id", "created_at", "id"])
    op.create_index(
        f"{table}_due_idx",
        table,
        ["tenant_id", "updated_at", "id"],
        postgresql_where=sa.text("state in ('waiting', 'running', 'undoing')"),
    )


def _make_parts(table: str) -> None:
    op.create_table(
        table,
        *_record(),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("kind", crmkit.db.tables.EnumText(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        _key(table),
    )
    op.create_index(f"{table}_key", table, ["tenant_id", "job_id", "kind", "number"], unique=True)


def downgrade() -> None:
    op.drop_table("feedback_job_part")
    op.drop_table("feedback_job")
    op.drop_table("feedback")
