"""市场信息 what somebody heard of the market, and whether those above have taken note of it."""

from crmkit.kernel.errors import Conflict
from crmkit.kernel.labels import Labelled
from crmkit.kernel.lifecycle import Lifecycle


class IntelKind(Labelled):
    """What it is about."""

    MARKET = "market", "市场分析", "Market"
    COMPETITOR = "competitor", "竞争对手", "Competitor"
    CUSTOMER = "customer", "客户反馈", "Customer feedback"
    TREND = "trend", "发展趋势", "Trend"
    PROJECT = "project", "项目信息", "Project"
    CHANNEL = "channel", "渠道", "Channel"


class IntelStatus(Labelled):
    """Whether it was taken note of."""

    REPORTED = "reported", "已上报", "Reported"
    NOTED = "noted", "已阅", "Noted"
    DISMISSED = "dismissed", "不采纳", "Dismissed"


LIFECYCLE = Lifecycle(
    {
        IntelStatus.REPORTED: frozenset({IntelStatus.NOTED, IntelStatus.DISMISSED}),
        IntelStatus.NOTED: frozenset(),
        IntelStatus.DISMISSED: frozenset(),
    }
)


def demand_open(status: IntelStatus) -> None:
    """Conflict `market_intel.closed` where those above have read it: they read what stands."""
    if status is not IntelStatus.REPORTED:
        raise Conflict("what was taken note of stays as it is", code="market_intel.closed")
