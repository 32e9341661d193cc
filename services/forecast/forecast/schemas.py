"""What comes in and goes out."""

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints

from crmkit.fields import Currency, Day, Instant, MoneyIn, MoneyOut, Strict, label_schema
from crmkit.kernel.period import Grain
from crmkit.web.answers import Read
from services.forecast.forecast.domain import Figure, Part

PeriodLabel = Annotated[
    str,
    StringConstraints(max_length=10),
    Field(json_schema_extra=label_schema(Grain.MONTH, Grain.QUARTER)),
]


class PipelineQuery(Strict):
    """Of a month or a quarter, of one owner or of all whom the caller sees."""

    period: PeriodLabel
    owner_id: UUID | None = None


class SubmitForecast(Strict):
    """What the caller puts their name to, for a month or a quarter."""

    period: PeriodLabel
    commit: MoneyIn


class ForecastRead(Read):
    """`won`, `weighted` and `target` are as they stood at `submitted_at`."""

    id: UUID
    version: int
    period: str
    starts_on: Day
    ends_on: Day
    owner_id: UUID
    team: str
    won: MoneyOut
    weighted: MoneyOut
    target: MoneyOut
    commit: MoneyOut
    submitted_at: Instant
    created_at: Instant
    updated_at: Instant


class PipelineLine(Read):
    """One owner and currency; `weighted` and `best_case` are open deals due in the period.

    `attainment` (K01) and `coverage` (K29) are ratios of four places; "1.0000" is all of it.
    """

    owner_id: UUID
    currency: str
    won: MoneyOut
    weighted: MoneyOut
    best_case: MoneyOut
    target: MoneyOut | None
    gap: MoneyOut | None
    attainment: str | None
    coverage: str | None
    won_count: int
    open_count: int


class LineageQuery(PipelineQuery):
    """`figure` as a line of the pipeline names it; `cursor` is the `next_cursor` before."""

    figure: Figure
    currency: Currency | None = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50
    cursor: UUID | None = None


class FactEvent(Read):
    """An event by its record's version, which has no gaps: `GET …/{id}/history` tells it whole."""

    version: int
    recorded_at: Instant


class FactRead(Read):
    """A deal or target behind a figure, and what it adds to the figure of its part.

    `adds` is exact: a weighted amount has four places. `events`: all that made it so, newest
    first, 100 at most.
    """

    aggregate: str
    id: UUID
    version: int
    part: Part
    owner_id: UUID
    amount: MoneyOut
    adds: str
    events: list[FactEvent]


class PipelineLineageRead(BaseModel):
    """`lines` are the figures; the facts of all pages add up to them."""

    period: str
    figure: Figure
    as_of: Instant
    lines: list[PipelineLine]
    items: list[FactRead]
    next_cursor: UUID | None


class PipelineForecastRead(BaseModel):
    period: str
    starts_on: Day
    ends_on: Day
    lines: list[PipelineLine]
