"""Tables of the room."""

from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import BigInteger
from sqlmodel import Field

from crmkit.db import tables
from crmkit.db.tables import text
from services.reporting.tables import Projection, amount, number


class Day(Projection):
    """How many, and how much, on one day where the tenant lives. A cell may have sunk to zero."""

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


class RollupDay(Day, table=True):
    __tablename__ = "rollup_day"
    __table_args__ = (number(),)


class RollupCampaign(Day, table=True):
    """The same days of what a campaign brought or cost: records that name none have no cell."""

    __tablename__ = "rollup_campaign"
    __table_args__ = (number(),)

    campaign_id: UUID = Field(primary_key=True)


class RollupWeek(Projection, table=True):
    """Days added up by the few dimensions of a cut; those that it has not are '' or
    nobody's id, which is nil.

    `day` is the first of a week, or of what of it lies in the next month: so weeks, months and
    quarters are sums of these. A trigger on `rollup_day` keeps them: whoever writes a day, of
    whichever release, writes its weeks in the same statement.
    """

    __tablename__ = "rollup_week"
    __table_args__ = (number(),)

    measure: str = text(primary_key=True)
    cut: str = text(primary_key=True)
    day: date = tables.day(primary_key=True)
    owner_id: UUID = Field(primary_key=True)
    team: str = text(primary_key=True)
    source: str = text(primary_key=True)
    product: str = text(primary_key=True)
    kind: str = text(primary_key=True)
    currency: str = text(primary_key=True)
    n: int = Field(sa_type=BigInteger)
    amount: Decimal = amount()
