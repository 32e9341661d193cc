"""saved views; own fields, imports and exports of accounts, contacts and activities; exports of
visits

Revision ID: leads0017
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

import crmkit.db.tables

revision = "leads0017"
down_revision = "leads0016"
branch_labels = None
depends_on = None

_FIELDS = ("account", "contact", "activity")
_JOBS = (*_FIELDS, "visit")
_UNFINISHED = "state in ('waiting', 'running', 'undoing')"


def _record() -> list[sa.Column]:
    return [
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
    ]


def _key(table: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f(f"{table}_pkey"))


def upgrade() -> None:
    _make_views()
    for name in _FIELDS:
        _make_fields(name)
    for name in _JOBS:
        _make_jobs(name)
    for name in _FIELDS:
        op.add_column(
            name,
            sa.Column("custom", postgresql.JSONB(), nullable=False, server_default=sa.text("'{}'")),
        )
        op.execute(
            f"create trigger {name}_custom_new after insert on {name} for each row"
            " when (new.custom <> '{}') execute function crm.index_custom()"
        )
        op.execute(
            f"create trigger {name}_custom_set after update on {name} for each row"
            " when (old.custom is distinct from new.custom) execute function crm.index_custom()"
        )


def _make_views() -> None:
    op.create_table(
        "leads_view",
        *_record(),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("filter", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("sort", sa.Text(), nullable=False),
        sa.Column("fields", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("shared", crmkit.db.tables.EnumText(), nullable=False),
        sa.Column("is_pinned", sa.Boolean(), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("team", sa.Text(), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        _key("leads_view"),
        postgresql.ExcludeConstraint(
            *((sa.column(name), "=") for name in ("tenant_id", "resource", "owner_id")),
            name="leads_view_default_key",
            using="btree",
            where=sa.text("is_default"),
            deferrable=True,
            initially="IMMEDIATE",
        ),
    )
    op.create_index(
        "leads_view_name_key",
        "leads_view",
        ["tenant_id", "resource", "owner_id", "name"],
        unique=True,
        postgresql_where=sa.text("deleted_at is null"),
    )
    op.create_index("leads_view_name_idx", "leads_view", ["tenant_id", "resource", "name", "id"])
    op.create_index(
        "leads_view_updated_at_idx", "leads_view", ["tenant_id", "resource", "updated_at", "id"]
    )


def _make_fields(name: str) -> None:
    table = f"{name}_field"
    op.create_table(
        table,
        *_record(),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("kind", crmkit.db.tables.EnumText(), nullable=False),
        sa.Column("label_zh", sa.Text(), nullable=False),
        sa.Column("label_en", sa.Text(), nullable=False),
        sa.Column("required", sa.Boolean(), nullable=False),
        sa.Column("choices", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("max_length", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        _key(table),
    )
    op.create_index(f"{table}_key_key", table, ["tenant_id", "key"], unique=True)
    op.create_index(f"{table}_position_key", table, ["tenant_id", "position"], unique=True)


def _make_jobs(name: str) -> None:
    table, part = f"{name}_job", f"{name}_job_part"
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
        postgresql_where=sa.text(_UNFINISHED),
    )
    op.create_table(
        part,
        *_record(),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("kind", crmkit.db.tables.EnumText(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        _key(part),
    )
    op.create_index(f"{part}_key", part, ["tenant_id", "job_id", "kind", "number"], unique=True)


def downgrade() -> None:
    for name in _FIELDS:
        op.execute(f"drop trigger {name}_custom_set on {name}")
        op.execute(f"drop trigger {name}_custom_new on {name}")
        op.drop_column(name, "custom")
    for name in _JOBS:
        op.drop_table(f"{name}_job_part")
        op.drop_table(f"{name}_job")
    for name in _FIELDS:
        op.drop_table(f"{name}_field")
    op.drop_table("leads_view")
