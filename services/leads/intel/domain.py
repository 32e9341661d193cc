"""市场信息 what somebody heard of the market, and whether those above have taken note of it."""

from crmkit.kernel.errors import Conflict, Invalid
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


class CompetitorFacet(Labelled):
    """竞争对手概况 what of a competitor it tells."""

    HISTORY = "history", "历史", "History"
    QUALITY = "quality", "质量", "Quality"
    PRICE = "price", "价格", "Price"
    STRUCTURE = "structure", "结构", "Structure"
    RESEARCH = "research", "研发", "Research and development"
    INVESTMENT = "investment", "投资", "Investment"
    INFLUENCE = "influence", "影响力", "Influence"


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


def demand_facet(kind: IntelKind, facet: CompetitorFacet | None) -> None:
    """Invalid `market_intel.facet` where it is told of something that is no competitor."""
    if facet is not None and kind is not IntelKind.COMPETITOR:
        raise Invalid.field("facet", "market_intel.facet", "competitors alone have facets")


def demand_open(status: IntelStatus) -> None:
    """Conflict `market_intel.closed` where those above have read it: they read what stands."""
    if status is not IntelStatus.REPORTED:
        raise Conflict("what was taken note of stays as it is", code="market_intel.closed")
