"""Tables of the room: the newest state of each record, as far as figures need it."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlmodel import Field

from crmkit.db.tables import instant, text
from services.reporting.tables import Projection, amount, number


class Fact(Projection):
    """What every fact has; a dimension the record does not know is ''."""

    id: UUID = Field(primary_key=True)
    version: int
    deleted: bool
    owner_id: UUID
    team: str = text()
    region: str = text()
    source: str = text()
    product: str = text()
    kind: str = text()
    currency: str = text()


class LeadFact(Fact, table=True):
    __tablename__ = "fact_lead"

    received_at: datetime = instant()
    qualified_at: datetime | None = instant(default=None)
    converted_at: datetime | None = instant(default=None)


class ActivityFact(Fact, table=True):
    __tablename__ = "fact_activity"

    done_at: datetime | None = instant(default=None)


class OpportunityFact(Fact, table=True):
    __tablename__ = "fact_opportunity"
    __table_args__ = (number(),)

    amount: Decimal = amount()
    opened_at: datetime = instant()
    won_at: datetime | None = instant(default=None)
    lost_at: datetime | None = instant(default=None)


class ContractFact(Fact, table=True):
    __tablename__ = "fact_contract"
    __table_args__ = (number(),)

    amount: Decimal = amount()
    voided: bool
    signed_at: datetime | None = instant(default=None)


class ReceiptFact(Fact, table=True):
    __tablename__ = "fact_receipt"
    __table_args__ = (number(),)

    amount: Decimal = amount()
    received_at: datetime = instant()
