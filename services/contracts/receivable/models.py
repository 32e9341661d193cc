"""Tables of the room."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index

from crmkit.db.tables import amount as money
from crmkit.db.tables import day, enum, instant, text
from services.contracts.receivable.domain import InstalmentStatus
from services.contracts.tables import Row


class Instalment(Row, table=True):
    """分期款 one payment a contract asks for."""

    __tablename__ = "instalment"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "contract_id"], ["contract.tenant_id", "contract.id"]),
        Index("instalment_contract_idx", "tenant_id", "contract_id", "sequence"),
        Index("instalment_due_on_idx", "tenant_id", "due_on", "id"),
        Index("instalment_status_idx", "tenant_id", "status", "due_on", "id"),
        Index("instalment_owner_idx", "tenant_id", "owner_id", "due_on", "id"),
        Index("instalment_updated_at_idx", "tenant_id", "updated_at", "id"),
    )

    contract_id: UUID
    sequence: int
    due_on: date = day()
    amount: Decimal = money()
    paid: Decimal = money(default=Decimal("0.00"))
    currency: str = text()
    status: InstalmentStatus = enum(InstalmentStatus)
    owner_id: UUID
    team: str = text()
    region: str = text(default="")
    paid_at: datetime | None = instant(default=None)


class Receipt(Row, table=True):
    """回款 money that came in for an instalment."""

    __tablename__ = "receipt"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "contract_id"], ["contract.tenant_id", "contract.id"]),
        ForeignKeyConstraint(
            ["tenant_id", "instalment_id"], ["instalment.tenant_id", "instalment.id"]
        ),
        Index("receipt_received_at_idx", "tenant_id", "received_at", "id"),
        Index("receipt_contract_idx", "tenant_id", "contract_id", "received_at", "id"),
        Index("receipt_instalment_idx", "tenant_id", "instalment_id", "received_at", "id"),
        Index("receipt_owner_idx", "tenant_id", "owner_id", "received_at", "id"),
        Index("receipt_updated_at_idx", "tenant_id", "updated_at", "id"),
    )

    contract_id: UUID
    instalment_id: UUID
    amount: Decimal = money()
    currency: str = text()
    received_at: datetime = instant()
    reference: str = text(default="")
    product: str = text(default="")
    source: str = text(default="")
    owner_id: UUID
    team: str = text()
    region: str = text(default="")
