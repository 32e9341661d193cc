"""Tables of the room."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index

from crmkit.db.tables import enum, instant, text
from services.leads.intel.domain import CompetitorFacet, IntelKind, IntelStatus
from services.leads.tables import Row


class MarketIntel(Row, table=True):
    """市场信息 what its owner heard of the market, for those above them."""

    __tablename__ = "market_intel"
    __table_args__ = (
        Index("market_intel_observed_at_idx", "tenant_id", "observed_at", "id"),
        Index("market_intel_owner_idx", "tenant_id", "owner_id", "observed_at", "id"),
        Index("market_intel_account_idx", "tenant_id", "account_id", "observed_at", "id"),
        Index("market_intel_updated_at_idx", "tenant_id", "updated_at", "id"),
    )

    kind: IntelKind = enum(IntelKind)
    status: IntelStatus = enum(IntelStatus)
    subject: str = text()
    about: str = text(default="")
    source: str = text()
    details: str = text(default="")
    account_id: UUID | None = None
    owner_id: UUID
    team: str = text()
    region: str = text()
    observed_at: datetime = instant()
    noted_at: datetime | None = instant(default=None)
    noted_by: UUID | None = None
    remark: str = text(default="")
    facet: CompetitorFacet | None = enum(CompetitorFacet, default=None)
