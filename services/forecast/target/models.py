"""Tables of the room."""

from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Index

from crmkit.db.tables import amount as money
from crmkit.db.tables import day, text
from services.forecast.tables import Row


class Target(Row, table=True):
    """销售目标 what one owner is to win in one period; `ends_on` is its last day."""

    __tablename__ = "target"
    __table_args__ = (
        Index("target_period_key", "tenant_id", "period", "owner_id", unique=True),
        Index("target_owner_idx", "tenant_id", "owner_id", "starts_on", "id"),
        Index("target_starts_on_idx", "tenant_id", "starts_on", "id"),
        Index("target_updated_at_idx", "tenant_id", "updated_at", "id"),
    )

    period: str = text()
    starts_on: date = day()
    ends_on: date = day()
    owner_id: UUID
    team: str = text()
    amount: Decimal = money()
    currency: str = text()
