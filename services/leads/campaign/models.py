"""Tables of the room."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Index

from crmkit.db.tables import amount, day, enum, instant, text
from services.leads.campaign.domain import (
    CampaignKind,
    CampaignStatus,
    Channel,
    CostKind,
    PlanLevel,
)
from services.leads.tables import Row


class Campaign(Row, table=True):
    """营销活动 what is done so that people hear of us, or a plan of it 营销推广方案; `spent` is the
    sum of its own costs, without those below it."""

    __tablename__ = "campaign"
    __table_args__ = (
        Index("campaign_name_idx", "tenant_id", "name", "id"),
        Index("campaign_status_idx", "tenant_id", "status", "updated_at", "id"),
        Index("campaign_updated_at_idx", "tenant_id", "updated_at", "id"),
        Index("campaign_starts_on_idx", "tenant_id", "starts_on", "id"),
        Index("campaign_parent_idx", "tenant_id", "parent_id"),
        Index("campaign_external_key", "tenant_id", "external_system", "external_id", unique=True),
    )

    name: str = text()
    kind: CampaignKind = enum(CampaignKind)
    channel: Channel | None = enum(Channel, default=None)
    theme: str = text(default="")
    content: str = text(default="")
    source: str = text()
    status: CampaignStatus = enum(CampaignStatus)
    starts_on: date | None = day(default=None)
    ends_on: date | None = day(default=None)
    budget: Decimal = amount()
    spent: Decimal = amount(default=Decimal("0.00"))
    currency: str = text()
    owner_id: UUID
    team: str = text()
    region: str = text(default="")
    approved_at: datetime | None = instant(default=None)
    approved_by: UUID | None = None
    started_at: datetime | None = instant(default=None)
    ended_at: datetime | None = instant(default=None)
    cancelled_at: datetime | None = instant(default=None)
    cancelled_reason: str = text(default="")
    external_system: str | None = text(default=None)
    external_id: str | None = text(default=None)
    plan_level: PlanLevel = enum(PlanLevel, default=PlanLevel.CAMPAIGN)
    parent_id: UUID | None = None


class CampaignCost(Row, table=True):
    """推广费用 one cost of a campaign, with whose figures it belongs to."""

    __tablename__ = "campaign_cost"
    __table_args__ = (
        Index("campaign_cost_campaign_idx", "tenant_id", "campaign_id", "spent_on", "id"),
        Index("campaign_cost_spent_on_idx", "tenant_id", "spent_on", "id"),
        Index("campaign_cost_updated_at_idx", "tenant_id", "updated_at", "id"),
    )

    campaign_id: UUID
    kind: CostKind = enum(CostKind)
    spent_on: date = day()
    spent_at: datetime = instant()
    amount: Decimal = amount()
    currency: str = text()
    note: str = text(default="")
    source: str = text()
    owner_id: UUID
    team: str = text()
    region: str = text()
    deleted_at: datetime | None = instant(default=None)
