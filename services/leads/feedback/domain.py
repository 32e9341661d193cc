"""销售团队反馈 what those who sell say hinders or helps them, and what becomes of it."""

from datetime import date

from crmkit.kernel.errors import Conflict, Invalid
from crmkit.kernel.labels import Labelled
from crmkit.kernel.lifecycle import Lifecycle


class FeedbackKind(Labelled):
    """What it is about."""

    PROCESS = "process", "流程", "Process"
    PRODUCT = "product", "产品", "Product"
    PRICE = "price", "价格", "Price"
    TOOL = "tool", "工具", "Tool"
    CUSTOMER = "customer", "客户", "Customer"
    MARKET = "market", "市场", "Market"
    TRAINING = "training", "培训", "Training"


class FeedbackEffect(Labelled):
    """Whether it is in the way."""

    HINDERS = "hinders", "阻碍", "Hinders"
    HELPS = "helps", "有益", "Helps"


class FeedbackCost(Labelled):
    """How much it costs those who sell; of what helps, how much it spares them."""

    LOW = "low", "低", "Low"
    MEDIUM = "medium", "中", "Medium"
    HIGH = "high", "高", "High"


class FeedbackStatus(Labelled):
    """What became of it."""

    NEW = "new", "待处理", "New"
    ACCEPTED = "accepted", "已采纳", "Accepted"
    DECLINED = "declined", "不采纳", "Declined"
    DONE = "done", "已完成", "Done"


LIFECYCLE = Lifecycle(
    {
        FeedbackStatus.NEW: frozenset({FeedbackStatus.ACCEPTED, FeedbackStatus.DECLINED}),
        FeedbackStatus.ACCEPTED: frozenset({FeedbackStatus.DONE, FeedbackStatus.DECLINED}),
        FeedbackStatus.DECLINED: frozenset(),
        FeedbackStatus.DONE: frozenset(),
    }
)


def demand_new(status: FeedbackStatus) -> None:
    """Conflict `feedback.closed` where it was decided on: that rests on what stands."""
    if status is not FeedbackStatus.NEW:
        raise Conflict("what was decided on stays as it is", code="feedback.closed")


def demand_accepted(status: FeedbackStatus) -> None:
    """Conflict `feedback.not_accepted` where nobody sees to it, or nobody has to any more."""
    if status is not FeedbackStatus.ACCEPTED:
        raise Conflict("nobody sees to what is not accepted", code="feedback.not_accepted")


def demand_ahead(due_on: date, today: date) -> None:
    """Invalid `feedback.due` where the day by which it is to be done is over."""
    if due_on < today:
        raise Invalid.field("due_on", "feedback.due", "a day that is not over")
