"""What leads tells of the market: what those who sell have heard."""

from datetime import datetime
from uuid import UUID

from crmkit.events.envelope import Event, State


class MarketIntelState(State):
    """市场信息 what somebody heard of the market, for those above them."""

    kind: str
    status: str
    subject: str
    about: str
    source: str
    details: str
    account_id: UUID | None
    owner_id: UUID
    team: str
    region: str
    observed_at: datetime
    noted_at: datetime | None
    noted_by: UUID | None
    remark: str
    facet: str | None = None


class MarketIntelReported(Event[MarketIntelState], type="market_intel.reported.v1"):
    """Somebody told those above them what they had heard."""


class MarketIntelUpdated(Event[MarketIntelState], type="market_intel.updated.v1"):
    """What was told was put right."""


class MarketIntelNoted(Event[MarketIntelState], type="market_intel.noted.v1"):
    """已阅 somebody above took note of it."""


class MarketIntelDismissed(Event[MarketIntelState], type="market_intel.dismissed.v1"):
    """Somebody above makes nothing of it."""
