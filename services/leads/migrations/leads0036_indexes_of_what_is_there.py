"""a lead stands in the indexes of account, partner, campaign and referrer only where it has one

Each change of a lead writes a place in every index of all rows, and these lie anywhere.

Revision ID: leads0036
"""

from crmkit.migrations import live

revision = "leads0036"
down_revision = "leads0035"
branch_labels = None
depends_on = None

_WHOSE = ("account", "channel_partner", "campaign", "referrer")


def upgrade() -> None:
    for each in _WHOSE:
        there = f"{each}_id is not null"
        live.add_index(f"lead_with_{each}_idx", "lead", _columns(each), where=there)
        live.remove_index(f"lead_{each}_idx")


def downgrade() -> None:
    for each in _WHOSE:
        live.add_index(f"lead_{each}_idx", "lead", _columns(each))
        live.remove_index(f"lead_with_{each}_idx")


def _columns(each: str) -> list[str]:
    return ["tenant_id", f"{each}_id", "received_at", "id"]
