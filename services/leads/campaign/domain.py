"""营销活动 the life of a campaign, and what may be spent on it."""

from collections.abc import Collection
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from crmkit.kernel.errors import Conflict, Invalid
from crmkit.kernel.labels import Labelled
from crmkit.kernel.lifecycle import Lifecycle


class CampaignKind(Labelled):
    """What is done."""

    EVENT = "event", "展会活动", "Event or fair"
    ADVERTISEMENT = "advertisement", "广告", "Advertisement"
    PROMOTION = "promotion", "促销", "Promotion"
    MAIL = "mail", "邮件直投", "Mail"
    OTHER = "other", "其他", "Other"


class PlanLevel(Labelled):
    """营销推广方案 of which level a plan is; a campaign is the last of them."""

    MASTER = "master", "项目营销策划总案", "Master plan"
    YEARLY = "yearly", "年度营销推广方案", "Yearly plan"
    STAGE = "stage", "阶段性营销推广方案", "Stage plan"
    CAMPAIGN = "campaign", "营销活动", "Campaign"


class Channel(Labelled):
    """推广渠道 by what people hear of it."""

    TELEVISION = "television", "电视", "Television"
    RADIO = "radio", "广播", "Radio"
    NEWSPAPER = "newspaper", "报纸", "Newspaper"
    INTERNET = "internet", "网络", "Internet"
    OUTDOOR = "outdoor", "户外", "Outdoor"


class CampaignStatus(Labelled):
    """Where a campaign stands."""

    DRAFT = "draft", "草稿", "Draft"
    APPROVED = "approved", "已审核", "Approved"
    RUNNING = "running", "进行中", "Running"
    ENDED = "ended", "已结束", "Ended"
    CANCELLED = "cancelled", "已取消", "Cancelled"


class CostKind(Labelled):
    """推广费用 what money was spent on."""

    MEDIA = "media", "媒体投放", "Media"
    VENUE = "venue", "场地搭建", "Venue"
    MATERIAL = "material", "物料", "Material"
    STAFF = "staff", "人员差旅", "Staff and travel"
    AGENCY = "agency", "代理费", "Agency"
    OTHER = "other", "其他", "Other"


LIFECYCLE = Lifecycle(
    {
        CampaignStatus.DRAFT: frozenset({CampaignStatus.APPROVED, CampaignStatus.CANCELLED}),
        CampaignStatus.APPROVED: frozenset(
            {CampaignStatus.DRAFT, CampaignStatus.RUNNING, CampaignStatus.CANCELLED}
        ),
        CampaignStatus.RUNNING: frozenset({CampaignStatus.ENDED, CampaignStatus.CANCELLED}),
        CampaignStatus.ENDED: frozenset(),
        CampaignStatus.CANCELLED: frozenset(),
    }
)
DEEPEST = 8
"""Levels that a tree of plans and campaigns has at most."""
_RANKS = {level: rank for rank, level in enumerate(PlanLevel)}
MOST_SPENT = Decimal("999999999999999999.99")
"""What an amount of 20 digits holds."""

APPROVED_WITH = frozenset({"kind", "channel", "theme", "content", "source", "budget", "currency"})
"""What an approval is about: none of it changes unless the campaign is revised."""


def demand_editable(status: CampaignStatus, fields: Collection[str]) -> None:
    """Conflict `campaign.closed` where it is over, `campaign.approved` where what was approved
    would change; `fields` are those that would become something else."""
    if not fields:
        return
    if status in {CampaignStatus.ENDED, CampaignStatus.CANCELLED}:
        raise Conflict("this campaign is history", code="campaign.closed")
    if status is not CampaignStatus.DRAFT and not APPROVED_WITH.isdisjoint(fields):
        raise Conflict("this was approved: revise it", code="campaign.approved")


def demand_channel(kind: CampaignKind, channel: Channel | None) -> None:
    """Invalid `campaign.channel` where an advertisement does not say where it appears."""
    if kind is CampaignKind.ADVERTISEMENT and channel is None:
        raise Invalid.field("channel", "campaign.channel", "an advertisement has a channel")


def demand_placed(level: PlanLevel, parent: PlanLevel | None) -> None:
    """Invalid `campaign.parent` where a stage plan belongs to no other one, or a plan to one that
    is not above it; campaigns may belong to campaigns."""
    if parent is None:
        fits, told = level is not PlanLevel.STAGE, "a stage plan belongs to another one: name it"
    else:
        both = level is parent is PlanLevel.CAMPAIGN
        fits = both or _RANKS[parent] < _RANKS[level]
        told = f"a {parent} plan is not above a {level} plan"
    if not fits:
        raise Invalid.field("parent_id", "campaign.parent", told)


def demand_no_cycle(campaign_id: UUID, ancestors: Collection[UUID]) -> None:
    """Conflict `campaign.cycle` where a campaign would be part of itself."""
    if campaign_id in ancestors:
        raise Conflict("a campaign cannot be part of itself", code="campaign.cycle")


def demand_shallow(above: int, below: int) -> None:
    """Conflict `campaign.too_deep` where so many levels above a campaign, and below it its own and
    all further ones, are more than a tree may have."""
    if above + below > DEEPEST:
        raise Conflict(f"a tree has {DEEPEST} levels at most", code="campaign.too_deep")


def demand_period(starts_on: date | None, ends_on: date | None) -> None:
    """Invalid `campaign.period` where it would end before it starts."""
    if starts_on is not None and ends_on is not None and ends_on < starts_on:
        raise Invalid.field("ends_on", "campaign.period", "not before starts_on")


def demand_order(before: datetime | None, happened_at: datetime) -> None:
    """Conflict `campaign.before` where a step comes before the one that led to it."""
    if before is not None and happened_at < before:
        raise Conflict("that is before the campaign came so far", code="campaign.before")


def demand_chargeable(status: CampaignStatus) -> None:
    """Conflict `campaign.not_approved`: nothing is spent on what nobody has approved."""
    if status is CampaignStatus.DRAFT:
        raise Conflict("nothing is spent before the approval", code="campaign.not_approved")


def demand_currency(of_campaign: str, of_cost: str) -> None:
    """Invalid `campaign_cost.currency`: a sum is of one currency, that of the budget."""
    if of_campaign != of_cost:
        raise Invalid.field(
            "amount/currency", "campaign_cost.currency", f"this campaign reckons in {of_campaign}"
        )


def demand_one_currency(spent: Decimal, before: str, after: str) -> None:
    """Conflict `campaign.spent` where a campaign that has cost something would change its
    currency."""
    if spent and before != after:
        raise Conflict(f"its costs are in {before}", code="campaign.spent")


def demand_sum(spent: Decimal) -> None:
    """Invalid `campaign.spent_limit` where the costs would add up to more than an amount may be."""
    if spent > MOST_SPENT:
        raise Invalid.field(
            "amount/amount", "campaign.spent_limit", f"costs add up to {MOST_SPENT:f} at most"
        )
