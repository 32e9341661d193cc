"""What comes in and goes out."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from pydantic import Field

from crmkit.fields import (
    Code,
    Custom,
    Day,
    Flag,
    Instant,
    Label,
    MoneyIn,
    MoneyOut,
    Name,
    Patch,
    Strict,
)
from crmkit.web.answers import Read
from services.opportunities.opportunity.domain import OpportunityStatus


class OpportunityCreate(Strict):
    """A new deal, in the first stage of the default pipeline unless others are named.

    `opened_at` comes from `Occurred-At`, or is now. `imported` marks history of another system.
    """

    name: Name
    account_id: UUID | None = None
    product_id: UUID | None = None
    pipeline_id: UUID | None = None
    stage: Code | None = None
    amount: MoneyIn
    source: Code = "direct"
    owner_id: UUID | None = None
    region: Label = ""
    expected_close_on: Day | None = None
    external_system: Code | None = None
    external_id: Name | None = None
    imported: Flag = False
    custom: Custom = Field(default_factory=dict)


class OpportunityUpdate(Patch):
    """What may be changed by hand while a deal is open; what is left out stays."""

    name: Name = ""
    account_id: UUID | None = None
    product_id: UUID | None = None
    amount: MoneyIn = Field(default_factory=lambda: MoneyIn(amount=Decimal("0.00"), currency="USD"))
    source: Code = ""
    owner_id: UUID | None = None
    region: Label = ""
    expected_close_on: Day | None = None
    custom: Custom = Field(default_factory=dict)


class MoveStage(Strict):
    stage: Code


class WinOpportunity(Strict):
    """赢单 the amount agreed on; what the deal carries where none is given."""

    amount: MoneyIn | None = None


class LoseOpportunity(Strict):
    reason: Name


class OpportunityRead(Read):
    id: UUID
    version: int
    name: str
    account_id: UUID | None
    lead_id: UUID | None
    pipeline_id: UUID
    stage: str
    status: OpportunityStatus
    probability: int
    amount: MoneyOut
    product_id: UUID | None
    product: str
    source: str
    owner_id: UUID
    team: str
    region: str
    expected_close_on: Day | None
    opened_at: Instant
    won_at: Instant | None
    lost_at: Instant | None
    lost_reason: str
    contract_id: UUID | None
    external_system: str | None
    external_id: str | None
    imported: bool
    campaign_id: UUID | None
    channel_partner_id: UUID | None
    erased_at: Instant | None
    custom: dict[str, Any]
    created_at: Instant
    updated_at: Instant


CALLED = {
    "商机名称": "name",
    "项目名称": "name",
    "名称": "name",
    "金额": "amount.amount",
    "预计金额": "amount.amount",
    "币种": "amount.currency",
    "来源": "source",
    "地区": "region",
    "区域": "region",
    "预计成交日期": "expected_close_on",
    "预计签约日期": "expected_close_on",
    "阶段": "stage",
    "deal": "name",
    "amount": "amount.amount",
    "currency": "amount.currency",
    "close date": "expected_close_on",
    "close value": "amount.amount",
    "deal stage": "stage",
}
"""What files call the fields."""
