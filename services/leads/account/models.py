"""Tables of the room."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Index

from crmkit.db.tables import amount, instant, text
from services.leads.tables import Row


class Account(Row, table=True):
    """客户 an organisation we sell to, or might."""

    __tablename__ = "account"
    __table_args__ = (
        Index("account_name_idx", "tenant_id", "name", "id"),
        Index("account_owner_idx", "tenant_id", "owner_id", "name", "id"),
        Index("account_parent_idx", "tenant_id", "parent_id"),
        Index("account_updated_at_idx", "tenant_id", "updated_at", "id"),
        Index("account_external_key", "tenant_id", "external_system", "external_id", unique=True),
    )

    name: str = text()
    industry: str = text(default="")
    region: str = text(default="")
    country: str = text(default="")
    website: str = text(default="")
    employees: int | None = None
    annual_revenue: Decimal | None = amount(default=None)
    currency: str | None = text(default=None)
    parent_id: UUID | None = None
    owner_id: UUID
    team: str = text()
    external_system: str | None = text(default=None)
    external_id: str | None = text(default=None)
    deleted_at: datetime | None = instant(default=None)
    contacted_at: datetime | None = instant(default=None)
