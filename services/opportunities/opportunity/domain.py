"""销售机会 the life of a deal, from the first talk to won or lost."""

from datetime import datetime

from crmkit.kernel.errors import Conflict
from crmkit.kernel.labels import Labelled
from crmkit.kernel.lifecycle import Lifecycle


class OpportunityStatus(Labelled):
    """Where a deal stands."""

    OPEN = "open", "进行中", "Open"
    WON = "won", "赢单", "Won"
    LOST = "lost", "丢单", "Lost"


LIFECYCLE = Lifecycle(
    {
        OpportunityStatus.OPEN: frozenset({OpportunityStatus.WON, OpportunityStatus.LOST}),
        OpportunityStatus.WON: frozenset({OpportunityStatus.OPEN}),
        OpportunityStatus.LOST: frozenset({OpportunityStatus.OPEN}),
    }
)
CERTAIN = 100
HOPELESS = 0


def demand_open(status: OpportunityStatus) -> None:
    """Conflict `opportunity.closed` where the deal is won or lost: it is reopened first."""
    if status is not OpportunityStatus.OPEN:
        raise Conflict("a closed deal is history; reopen it first", code="opportunity.closed")


def demand_other_stage(current: str, target: str) -> None:
    """Conflict `opportunity.stage_same` where a deal would move to where it stands."""
    if current == target:
        raise Conflict(f"the deal is in {target!r} already", code="opportunity.stage_same")


def demand_order(opened_at: datetime, happened_at: datetime) -> None:
    """Conflict `opportunity.before_opened` where a deal would close before it was opened."""
    if happened_at < opened_at:
        raise Conflict("that is before the deal was opened", code="opportunity.before_opened")
