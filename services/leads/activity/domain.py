"""销售活动 what people do to sell, planned or done."""

from datetime import datetime

from crmkit.kernel.errors import Conflict
from crmkit.kernel.labels import Labelled
from crmkit.kernel.lifecycle import Lifecycle
from services.leads.lead.domain import LeadStatus


class ActivityKind(Labelled):
    """What is done."""

    CALL = "call", "电话", "Call"
    VISIT = "visit", "拜访", "Visit"
    MEETING = "meeting", "会议", "Meeting"
    DEMO = "demo", "演示", "Demo"
    MESSAGE = "message", "消息", "Message"


class ActivityStatus(Labelled):
    """Where an activity stands."""

    PLANNED = "planned", "已计划", "Planned"
    DONE = "done", "已完成", "Done"
    CANCELLED = "cancelled", "已取消", "Cancelled"


LIFECYCLE = Lifecycle(
    {
        ActivityStatus.PLANNED: frozenset({ActivityStatus.DONE, ActivityStatus.CANCELLED}),
        ActivityStatus.DONE: frozenset(),
        ActivityStatus.CANCELLED: frozenset(),
    }
)


def demand_editable(status: ActivityStatus) -> None:
    """Conflict `activity.closed` where the activity took place already or never will."""
    if status is not ActivityStatus.PLANNED:
        raise Conflict("only a planned activity can be changed", code="activity.closed")


def begins_work(status: LeadStatus, received_at: datetime, done_at: datetime) -> bool:
    """Whether what was done at `done_at` is the first work on a lead.

    What came before the lead, such as the call that brought it, is no work on it.
    """
    return status is LeadStatus.NEW and done_at >= received_at
