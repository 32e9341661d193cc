"""Tables of the room."""

from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import BigInteger
from sqlmodel import Field

from crmkit.db import tables
from crmkit.db.tables import text
from services.reporting.tables import Projection, amount, number


class RollupDay(Projection, table=True):
    """How many, and how much, on one day where the tenant lives. A cell may have sunk to zero."""

    __tablename__ = "rollup_day"
    __table_args__ = (number(),)

    measure: str = text(primary_key=True)
    day: date = tables.day(primary_key=True)
    owner_id: UUID = Field(primary_key=True)
    team: str = text(primary_key=True)
    region: str = text(primary_key=True)
    source: str = text(primary_key=True)
    product: str = text(primary_key=True)
    kind: str = text(primary_key=True)
    currency: str = text(primary_key=True)
    n: int = Field(sa_type=BigInteger)
    amount: Decimal = amount()
