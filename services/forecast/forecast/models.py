"""Tables of the room."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field

from crmkit.db.tables import amount as money
from crmkit.db.tables import day, instant, text
from services.forecast.tables import Row


class ToldDeal(Row):
    """What opportunities told of a deal; `status` is its code for open, won or lost."""

    name: str = text()
    status: str = text()
    stage: str = text()
    probability: int
    amount: Decimal = money()
    currency: str = text()
    owner_id: UUID
    team: str = text()
    region: str = text()
    expected_close_on: date | None = day(default=None)
    won_at: datetime | None = instant(default=None)
    opened_at: datetime = instant()
    deleted_at: datetime | None = instant(default=None)


class DealVersion(ToldDeal, table=True):
    """A deal as one event told of it; `updated_at` is when that was recorded."""

    __tablename__ = "deal_version"
    key_columns = ("tenant_id", "id", "version")

    version: int = Field(primary_key=True)


class Deal(ToldDeal, table=True):
    """A deal as it was told last."""

    __tablename__ = "deal"
    __table_args__ = (
        Index("deal_expected_close_on_idx", "tenant_id", "status", "expected_close_on"),
        Index("deal_won_at_idx", "tenant_id", "status", "won_at"),
        Index("deal_owner_idx", "tenant_id", "owner_id", "status"),
    )
    versions = DealVersion


class Forecast(Row, table=True):
    """销售预测 what one owner put their name to for one period; `ends_on` is its last day."""

    __tablename__ = "forecast"
    __table_args__ = (
        Index("forecast_period_key", "tenant_id", "period", "owner_id", unique=True),
        Index("forecast_owner_idx", "tenant_id", "owner_id", "starts_on", "id"),
        Index("forecast_starts_on_idx", "tenant_id", "starts_on", "id"),
        Index("forecast_updated_at_idx", "tenant_id", "updated_at", "id"),
    )

    period: str = text()
    starts_on: date = day()
    ends_on: date = day()
    owner_id: UUID
    team: str = text()
    currency: str = text()
    won: Decimal = money()
    weighted: Decimal = money()
    target: Decimal = money()
    commit: Decimal = money()
    submitted_at: datetime = instant()
