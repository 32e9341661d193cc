"""尽职调查 rules about looking into an account before dealing with it."""

from datetime import date

from crmkit.kernel.errors import Invalid
from crmkit.kernel.labels import Labelled
from crmkit.kernel.lifecycle import Lifecycle


class DueDiligenceStatus(Labelled):
    """Where it stands."""

    REQUESTED = "requested", "待调查", "Requested"
    COMPLETED = "completed", "已完成", "Completed"
    CANCELLED = "cancelled", "已取消", "Cancelled"


class DueDiligenceOutcome(Labelled):
    """Whether we deal with them."""

    CLEARED = "cleared", "通过", "Cleared"
    CONDITIONAL = "conditional", "有条件通过", "On conditions"
    REJECTED = "rejected", "不通过", "Rejected"


LIFECYCLE = Lifecycle(
    {
        DueDiligenceStatus.REQUESTED: frozenset(
            {DueDiligenceStatus.COMPLETED, DueDiligenceStatus.CANCELLED}
        ),
        DueDiligenceStatus.COMPLETED: frozenset(),
        DueDiligenceStatus.CANCELLED: frozenset(),
    }
)


def demand_validity(outcome: DueDiligenceOutcome, valid_until: date | None, today: date) -> None:
    """Invalid `due_diligence.validity` where what clears an account has no end, or ended already;
    a rejection holds until somebody asks again."""
    if outcome is not DueDiligenceOutcome.REJECTED and (valid_until is None or valid_until < today):
        raise Invalid.field(
            "valid_until", "due_diligence.validity", "what clears an account ends some later day"
        )
