"""What comes in and goes out."""

from datetime import date
from decimal import Decimal
from uuid import UUID

from pydantic import BaseModel, Field

from crmkit.fields import (
    Amount,
    Code,
    Day,
    Instant,
    Label,
    MoneyIn,
    MoneyOut,
    Name,
    Note,
    Patch,
    Strict,
)
from crmkit.web.answers import Read
from services.leads.campaign.domain import (
    CampaignKind,
    CampaignStatus,
    Channel,
    CostKind,
    PlanLevel,
)


class Expense(MoneyIn):
    """An amount of more than nothing."""

    amount: Amount = Field(gt=0)


_LEFT_OUT = MoneyIn(amount=Decimal("0.00"), currency="CNY")
_NO_EXPENSE = Expense(amount=Decimal("0.01"), currency="CNY")
_SOME_DAY = date(1970, 1, 1)


class CampaignCreate(Strict):
    """A draft. `source` is what its leads are counted under, so that leads, won deals and costs
    of one campaign are cut by one word; `budget` says in which currency it reckons, and is its own:
    what is below it has its own, too. A stage plan names its `parent_id`, all others may."""

    name: Name
    kind: CampaignKind
    channel: Channel | None = None
    theme: Label = ""
    content: Note = ""
    source: Code
    starts_on: Day | None = None
    ends_on: Day | None = None
    budget: MoneyIn
    region: Label = ""
    owner_id: UUID | None = None
    external_system: Code | None = None
    external_id: Name | None = None
    plan_level: PlanLevel = PlanLevel.CAMPAIGN
    parent_id: UUID | None = None


class CampaignUpdate(Patch):
    """What may be changed by hand; what was approved only after `revise`. A plan is of the level it
    is."""

    name: Name = ""
    kind: CampaignKind = CampaignKind.OTHER
    channel: Channel | None = None
    theme: Label = ""
    content: Note = ""
    source: Code = ""
    starts_on: Day | None = None
    ends_on: Day | None = None
    budget: MoneyIn = _LEFT_OUT
    region: Label = ""
    owner_id: UUID | None = None
    parent_id: UUID | None = None


class CancelCampaign(Strict):
    reason: Name


class RecordCost(Strict):
    """Money spent on a campaign on a day, today where none is named, in the campaign's currency."""

    kind: CostKind
    amount: Expense
    spent_on: Day | None = None
    note: Label = ""


class CorrectCost(Patch):
    """What a cost really was; what is left out stays."""

    kind: CostKind = CostKind.OTHER
    amount: Expense = _NO_EXPENSE
    spent_on: Day = _SOME_DAY
    note: Label = ""


class CampaignRead(Read):
    id: UUID
    version: int
    name: str
    kind: CampaignKind
    channel: Channel | None
    theme: str
    content: str
    source: str
    status: CampaignStatus
    starts_on: date | None
    ends_on: date | None
    budget: MoneyOut
    spent: MoneyOut
    owner_id: UUID
    team: str
    region: str
    approved_at: Instant | None
    approved_by: UUID | None
    started_at: Instant | None
    ended_at: Instant | None
    cancelled_at: Instant | None
    cancelled_reason: str
    external_system: str | None
    external_id: str | None
    plan_level: PlanLevel
    parent_id: UUID | None
    created_at: Instant
    updated_at: Instant


class CampaignNode(Read):
    """One campaign of a tree, with what is its own; the one asked for stands at level 0."""

    id: UUID
    parent_id: UUID | None
    level: int
    plan_level: PlanLevel
    name: str
    status: CampaignStatus
    source: str
    budget: MoneyOut
    spent: MoneyOut
    owner_id: UUID


class CampaignTotal(Read):
    """What all of a tree have been given and have spent in one currency, as far as the caller sees
    them, and how many they are."""

    campaigns: int
    budget: MoneyOut
    spent: MoneyOut


class CampaignTree(BaseModel):
    """Level by level, each by name; `truncated` where there are more than 1,000, of which `totals`
    tell nevertheless. `sources` are what their leads, deals and costs are counted under, by which
    figures of the tree are asked."""

    items: list[CampaignNode]
    truncated: bool
    totals: list[CampaignTotal]
    sources: list[str]


class CampaignCostRead(Read):
    id: UUID
    version: int
    campaign_id: UUID
    kind: CostKind
    spent_on: date
    amount: MoneyOut
    note: str
    source: str
    owner_id: UUID
    team: str
    region: str
    created_at: Instant
    updated_at: Instant
