"""Searches walk along the order of a list; the past is found by when it ended.

What has keys waits for them once more, so that its sketch comes with them: until then, and where
the release before gives keys meanwhile, it is looked up one by one.

Revision ID: kit0017
"""

from alembic import op

from crmkit.migrations import live

revision = "kit0017"
down_revision = "kit0016"
branch_labels = None
depends_on = None

_PLACES = ("placed_at", "named")


def upgrade() -> None:
    for place in _PLACES:
        columns = ["tenant_id", "aggregate", place, "id"]
        name, there = f"search_key_{place}_idx", f"{place} is not null"
        live.add_index(name, "search_key", columns, where=there, holds="sketch")
    live.add_index("past_until_idx", "past", ["until"])
    live.search_anew()


def downgrade() -> None:
    op.drop_index("past_until_idx", "past")
    for place in _PLACES:
        op.drop_index(f"search_key_{place}_idx", "search_key")
