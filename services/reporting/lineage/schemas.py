"""What comes in and goes out."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

import msgspec
from pydantic import BaseModel, Field

from crmkit.fields import Instant, label_schema
from crmkit.kernel.errors import Invalid
from crmkit.kernel.period import Grain, Period, parse_period, period_of
from crmkit.web import asof
from services.reporting.rollup.schemas import (
    GIVEN_ONCE,
    Cut,
    Wanted,
    checked,
    cuts,
    described,
    parameters,
    refuse,
    split,
)

USUAL_PAGE = 50
LARGEST_PAGE = 200
_PAGE = ("limit", "cursor")
_INSTANTS = ("from_as_of", "to_as_of")


class Happened(msgspec.Struct):
    """One event behind a figure."""

    id: UUID
    type: str
    aggregate: str
    aggregate_id: UUID
    version: int
    recorded_at: datetime
    actor: str


class HappenedRead(BaseModel):
    """One event behind a figure; `actor` is who caused it."""

    id: UUID
    type: str
    aggregate: str
    aggregate_id: UUID
    version: int
    recorded_at: Instant
    actor: str


class DifferenceItem(Cut):
    """`events`: newest first, the last 100 between the instants of the facts that moved it."""

    before: int | str
    after: int | str
    difference: int | str
    currency: str | None
    events: list[HappenedRead]


class DifferenceRead(BaseModel):
    """What changed of a figure; `zones` are events by which all days were cut anew."""

    measure: str
    grain: Grain
    first: date = Field(alias="from")
    last: date = Field(alias="to")
    from_as_of: Instant
    to_as_of: Instant
    zones: list[HappenedRead]
    items: list[DifferenceItem]
    next_cursor: str | None


class FigureRead(BaseModel):
    """A number of rows, or an amount of two decimals as a string."""

    value: int | str
    currency: str | None


class ContributionRead(BaseModel):
    """A record and what it adds; `events`: all that made it so, newest first, 100 at most."""

    aggregate: str
    id: UUID
    value: int | str
    currency: str | None
    events: list[HappenedRead]


class LineageRead(BaseModel):
    """What a figure is made of; the contributions of all pages add up to `figure`."""

    measure: str
    period: str
    as_of: Instant
    figure: list[FigureRead]
    items: list[ContributionRead]
    next_cursor: str | None


class ReportLineageQuery(BaseModel):
    """Which figure, and which page of its records."""

    figure: Annotated[str, Field(max_length=220)] = Field(
        description="Its place in the report as JSON has it; what stands in a list is named by its"
        " currency, kind, period or key.",
        examples=["leads.created.value", "currencies.CNY.won_by.team.cn/east.amount"],
    )
    limit: Annotated[int, Field(ge=1, le=LARGEST_PAGE)] = USUAL_PAGE
    cursor: str | None = None


class ReportLineageRead(BaseModel):
    """What a figure of a report is made of: records, which add up to it, or other figures, whose
    names are in `made_of`."""

    figure: str
    made_of: list[str]
    measure: str | None
    period: str
    as_of: Instant
    value: list[FigureRead]
    items: list[ContributionRead]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class Page:
    """How many, and after which."""

    limit: int
    cursor: str | None


@dataclass(frozen=True, slots=True)
class Span:
    """Two instants, the earlier one first."""

    start: datetime
    end: datetime


def parse_difference(query: Sequence[tuple[str, str]], now: datetime) -> tuple[Wanted, Span, Page]:
    """The question of a query string; Invalid `parameter.…` or `as_of.invalid`."""
    given, filters = split(query, (*GIVEN_ONCE, *_INSTANTS, *_PAGE))
    start, end = (asof.parsed(given[n], n) if n in given else None for n in _INSTANTS)
    return checked(given, cuts(given), filters), span(start, end or now), _paged(given)


def span(start: datetime | None, end: datetime) -> Span:
    """Invalid `parameter.invalid` where the first instant is missing or the later one."""
    if start is None:
        refuse("from_as_of", "missing")
    if end < start:
        refuse("to_as_of", "not before from_as_of")
    return Span(start, end)


def parse_lineage(query: Sequence[tuple[str, str]]) -> tuple[Wanted, Period, Page]:
    """The question of a query string; Invalid `parameter.…` or `period.invalid`."""
    given, filters = split(query, ("measure", "period", *_PAGE))
    wanted, period = of_period(given.get("measure", ""), given.get("period", ""), filters)
    return wanted, period, _paged(given)


def of_period(
    measure: str, label: str, filters: Mapping[str, Sequence[str]]
) -> tuple[Wanted, Period]:
    """The question about one figure; its label says how long the period is."""
    period = parse_period(label)
    grain = next(grain for grain in Grain if period_of(period.start, grain) == period)
    last = period.end - timedelta(1)
    given = {"measure": measure, "grain": grain, "from": f"{period.start}", "to": f"{last}"}
    return replace(checked(given, (), filters), grain=grain), period


def page(limit: int, cursor: str | None, name: str = "limit") -> Page:
    """Invalid `parameter.invalid` where so many are not given at once."""
    if not 1 <= limit <= LARGEST_PAGE:
        refuse(name, f"a whole number from 1 to {LARGEST_PAGE}")
    return Page(limit, cursor)


def _paged(given: Mapping[str, str]) -> Page:
    limit = given.get("limit", str(USUAL_PAGE))
    return page(int(limit) if limit.isascii() and limit.isdigit() else 0, given.get("cursor"))


def mark(values: Sequence[Any]) -> str:
    """A cursor that stands at these values."""
    return base64.urlsafe_b64encode(msgspec.json.encode([str(value) for value in values])).decode()


def place(cursor: str, kinds: Mapping[str, str]) -> list[Any]:
    """The values a cursor stands at, by column and type; Invalid `cursor.invalid`."""
    try:
        texts = msgspec.json.decode(base64.urlsafe_b64decode(cursor), type=list[str])
        read = {"date": date.fromisoformat, "uuid": UUID}
        given = zip(texts, kinds.values(), strict=True)
        return [read.get(kind, _text)(text) for text, kind in given]  # type: ignore[operator]  # each kind has its own reader
    except (ValueError, msgspec.MsgspecError) as error:
        message = "cursor: not a cursor of this figure"
        raise Invalid.field("cursor", "cursor.invalid", message) from error


def _text(text: str) -> str:
    if "\0" in text:
        raise ValueError("no text of ours")
    return text


def events(text: str) -> list[Happened]:
    """Events as a statement gives them."""
    return msgspec.json.decode(text, type=list[Happened])


def difference_parameters() -> dict[str, Any]:
    """What FastAPI's `openapi_extra` takes."""
    instant = {"type": "string", "format": "date-time"}
    own = [described(name, instant, name == "from_as_of") for name in _INSTANTS]
    return {"parameters": [*parameters()["parameters"], *own, *_page_parameters()]}


def lineage_parameters() -> dict[str, Any]:
    """What FastAPI's `openapi_extra` takes."""
    left_out = {"grain", "from", "to", "by"}
    kept = [each for each in parameters()["parameters"] if each["name"] not in left_out]
    labels = label_schema(*Grain) | {"description": "a day, week, month, quarter"}
    own = described("period", {"type": "string"} | labels, True)
    return {"parameters": [*kept, own, *_page_parameters()]}


def _page_parameters() -> list[dict[str, Any]]:
    limit = {"type": "integer", "minimum": 1, "maximum": LARGEST_PAGE, "default": USUAL_PAGE}
    return [described("limit", limit, False), described("cursor", {"type": "string"}, False)]
