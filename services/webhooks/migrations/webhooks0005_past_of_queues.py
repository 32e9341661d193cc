"""what deliveries, replays and hosts held before they moved, and how endpoints did

What moved before this revision is not known: as of an instant before such a move the row is left
out.

Revision ID: webhooks0005
"""

from alembic import op

from crmkit.migrations import live

revision = "webhooks0005"
down_revision = "webhooks0004"
branch_labels = None
depends_on = "kit0013"

_MOVED = ("version", "updated_at")
_KEPT = {
    "webhook_delivery": (
        *("state", "attempts", "replays", "next_at", "last_status", "last_error"),
        *("delivered_at", "live", "replay_id"),
    ),
    "webhook_replay": ("state", "place_at", "place_id", "scanned", "found"),
    "webhook_pulse": ("failures", "failing_since", "succeeded_at", "notices"),
    "webhook_host": ("failures", "open_until"),
}


def upgrade() -> None:
    for table, columns in _KEPT.items():
        live.keep_past("webhooks", table, (*_MOVED, *columns))


def downgrade() -> None:
    for table in _KEPT:
        op.execute(f"drop trigger {table}_past_gone on {table}")
        op.execute(f"drop trigger {table}_past on {table}")
        op.execute(f"drop function crm.keep_past_of_{table}")
