"""Tables of the room."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy import text as sql

from crmkit.db.tables import amount as money
from crmkit.db.tables import enum, instant, text
from services.contracts.contract.domain import ContractStatus
from services.contracts.tables import Row


class DealCopy(Row, table=True):
    """商机 what contracts knows of a deal: that it is there, whose it is, and what brought it."""

    __tablename__ = "deal_copy"

    owner_id: UUID
    team: str = text()
    deleted_at: datetime | None = instant(default=None)
    campaign_id: UUID | None = None
    channel_partner_id: UUID | None = None


class AccountCopy(Row, table=True):
    """客户 what contracts knows of an account: how it is looked after."""

    __tablename__ = "account_copy"

    tier: str = text()


class Contract(Row, table=True):
    """合同 an agreement with an account; it stands for the set of its instalments."""

    __tablename__ = "contract"
    __table_args__ = (
        Index("contract_number_key", "tenant_id", "number", unique=True),
        Index(
            "contract_opportunity_key",
            "tenant_id",
            "opportunity_id",
            unique=True,
            postgresql_where=sql("opportunity_id is not null and status <> 'voided'"),
        ),
        Index("contract_drafted_at_idx", "tenant_id", "drafted_at", "id"),
        Index("contract_signed_at_idx", "tenant_id", "signed_at", "id"),
        Index("contract_status_idx", "tenant_id", "status", "drafted_at", "id"),
        Index("contract_owner_idx", "tenant_id", "owner_id", "drafted_at", "id"),
        Index("contract_opportunity_idx", "tenant_id", "opportunity_id", "drafted_at", "id"),
        Index("contract_account_idx", "tenant_id", "account_id", "drafted_at", "id"),
        Index("contract_updated_at_idx", "tenant_id", "updated_at", "id"),
    )

    number: str = text()
    title: str = text()
    status: ContractStatus = enum(ContractStatus)
    opportunity_id: UUID | None = None
    account_id: UUID | None = None
    amount: Decimal = money()
    collected: Decimal = money(default=Decimal("0.00"))
    currency: str = text()
    plan_revision: int = 0
    product: str = text(default="")
    source: str = text(default="")
    owner_id: UUID
    team: str = text()
    region: str = text(default="")
    drafted_at: datetime = instant()
    signed_at: datetime | None = instant(default=None)
    completed_at: datetime | None = instant(default=None)
    voided_at: datetime | None = instant(default=None)
    void_reason: str = text(default="")
    campaign_id: UUID | None = None
    channel_partner_id: UUID | None = None
    account_tier: str = text(default="")
