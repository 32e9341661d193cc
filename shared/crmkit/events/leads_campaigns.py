"""What leads tells of marketing: campaigns, and what they cost."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from crmkit.events.envelope import Event, State


class CampaignState(State):
    """营销活动 what is done so that people hear of us; `spent` is the sum of its costs."""

    name: str
    kind: str
    channel: str | None
    theme: str
    content: str
    source: str
    status: str
    starts_on: date | None
    ends_on: date | None
    budget: Decimal
    spent: Decimal
    currency: str
    owner_id: UUID
    team: str
    region: str
    approved_at: datetime | None
    approved_by: UUID | None
    started_at: datetime | None
    ended_at: datetime | None
    cancelled_at: datetime | None
    cancelled_reason: str
    external_system: str | None
    external_id: str | None
    plan_level: str = "campaign"
    parent_id: UUID | None = None


class CampaignCostState(State):
    """推广费用 one cost of a campaign; `source` is the campaign's, by which figures are cut, and
    `spent_at` noon of `spent_on` where the tenant lived then."""

    campaign_id: UUID
    kind: str
    spent_on: date
    spent_at: datetime
    amount: Decimal
    currency: str
    note: str
    source: str
    owner_id: UUID
    team: str
    region: str
    deleted_at: datetime | None = None


class CampaignCreated(Event[CampaignState], type="campaign.created.v1"):
    """A campaign was drafted."""


class CampaignUpdated(Event[CampaignState], type="campaign.updated.v1"):
    """A campaign's facts changed, or it went to another owner."""


class CampaignApproved(Event[CampaignState], type="campaign.approved.v1"):
    """广告准确性合规 what a campaign says and costs was found right."""


class CampaignRevised(Event[CampaignState], type="campaign.revised.v1"):
    """An approved campaign is a draft again, to be changed."""


class CampaignStarted(Event[CampaignState], type="campaign.started.v1"):
    """A campaign began."""


class CampaignEnded(Event[CampaignState], type="campaign.ended.v1"):
    """A campaign is over."""


class CampaignCancelled(Event[CampaignState], type="campaign.cancelled.v1"):
    """A campaign will not take place, or not go on, with the reason."""


class CampaignCharged(Event[CampaignState], type="campaign.charged.v1"):
    """What a campaign has cost so far changed."""


class CampaignCostRecorded(Event[CampaignCostState], type="campaign_cost.recorded.v1"):
    """Money was spent on a campaign."""


class CampaignCostCorrected(Event[CampaignCostState], type="campaign_cost.corrected.v1"):
    """A cost was another one than had been said."""


class CampaignCostDeleted(Event[CampaignCostState], type="campaign_cost.deleted.v1"):
    """A cost was none of the campaign's."""
