"""What comes in and goes out."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from typing import Any, NoReturn, TypeVar
from uuid import UUID

from pydantic import BaseModel, Field

from crmkit.fields import Instant, clean
from crmkit.kernel.errors import Invalid
from crmkit.kernel.period import Grain
from services.reporting.rollup.domain import (
    CAMPAIGN,
    DIMENSIONS,
    FIGURES,
    OF_A_CAMPAIGN,
    Figure,
    Unit,
    demand_span,
)

T = TypeVar("T")

BY: Mapping[str, str] = {
    "owner": "owner_id",
    "team": "team",
    "region": "region",
    "source": "source",
    "product": "product",
    "kind": "kind",
    "campaign": CAMPAIGN,
}
"""What figures may be cut by, and the column it stands for; amounts are always cut by currency."""
FILTERS = (*DIMENSIONS, CAMPAIGN)
_IDS = frozenset({"owner_id", CAMPAIGN})
GIVEN_ONCE = ("measure", "grain", "from", "to", "by")
_MOST_VALUES = 200
_LONGEST = 200
_ID = re.compile("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_DAY = re.compile("(19[7-9][0-9]|2[01][0-9]{2})-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A checked question; both days are included, a filter takes any of its values."""

    figure: Figure
    grain: Grain
    by: tuple[str, ...]
    first: date
    last: date
    filters: tuple[tuple[str, tuple[Any, ...]], ...]

    def __post_init__(self) -> None:
        demand_span(self.first, self.last, self.grain)
        if len(set(self.by)) != len(self.by):
            refuse("by", "each only once")
        if self.figure.name not in OF_A_CAMPAIGN:
            self._demand_no_campaign()

    def _demand_no_campaign(self) -> None:
        reason = f"{self.figure.name} is not told by campaign, but by its source"
        if "campaign" in self.by:
            refuse("by", reason)
        if any(name == CAMPAIGN for name, _ in self.filters):
            refuse(CAMPAIGN, reason)


class Cut(BaseModel):
    """A period and, of the dimensions, those that `by` asked for."""

    period: str
    owner_id: UUID | None = None
    owner: str | None = None
    team: str | None = None
    region: str | None = None
    source: str | None = None
    product: str | None = None
    kind: str | None = None
    campaign_id: UUID | None = None


class RollupItem(Cut):
    """`value` is a number where rows are counted, else an amount of two decimals as a string."""

    value: int | str
    currency: str | None


class RollupRead(BaseModel):
    """A figure by period; what is zero is left out."""

    measure: str
    grain: Grain
    first: date = Field(alias="from")
    last: date = Field(alias="to")
    as_of: Instant
    items: list[RollupItem]


class MeasureRead(BaseModel):
    """A figure that can be asked for."""

    name: str
    unit: Unit
    zh: str
    en: str


class MeasureList(BaseModel):
    items: list[MeasureRead]


def parse(query: Sequence[tuple[str, str]]) -> Wanted:
    """The question of a query string; Invalid `parameter.unknown` or `parameter.invalid`."""
    given, filters = split(query, GIVEN_ONCE)
    return checked(given, cuts(given), filters)


def split(
    query: Sequence[tuple[str, str]], known: Sequence[str]
) -> tuple[dict[str, str], dict[str, list[str]]]:
    """What was given, each once, by these names or as a filter by a dimension."""
    given: dict[str, str] = {}
    for name, value in query:
        if name not in known and name not in FILTERS:
            _unknown(name, known)
        if name in given:
            refuse(name, "given more than once")
        given[name] = value
    return given, {name: given[name].split(",") for name in FILTERS if name in given}


def cuts(given: Mapping[str, str]) -> list[str]:
    """The dimensions of `by`."""
    return given["by"].split(",") if "by" in given else []


def checked(
    given: Mapping[str, str], by: Sequence[str], filters: Mapping[str, Sequence[str]]
) -> Wanted:
    """The question whose parts are these; Invalid `parameter.invalid`."""
    if not set(by) <= set(BY):
        refuse("by", f"any of {', '.join(BY)}")
    return Wanted(
        figure=_one("measure", given, FIGURES),
        grain=_one("grain", given, {grain.value: grain for grain in Grain}),
        by=tuple(by),
        first=_date("from", given),
        last=_date("to", given),
        filters=tuple((name, _values(name, texts)) for name, texts in filters.items()),
    )


def parameters() -> dict[str, Any]:
    """What FastAPI's `openapi_extra` takes."""
    day: dict[str, Any] = {"type": "string", "format": "date"}
    words: dict[str, Any] = {"type": "array", "items": {"type": "string"}, "minItems": 1}
    words |= {"maxItems": _MOST_VALUES}
    required: dict[str, dict[str, Any]] = {
        "measure": {"type": "string", "enum": list(FIGURES)},
        "grain": {"type": "string", "enum": [grain.value for grain in Grain]},
        "from": day,
        "to": day,
    }
    optional: dict[str, dict[str, Any]] = {
        "by": {
            "type": "array",
            "items": {"type": "string", "enum": list(BY)},
            "minItems": 1,
            "uniqueItems": True,
        }
    }
    optional |= dict.fromkeys(FILTERS, words)
    optional |= dict.fromkeys(_IDS, words | {"items": {"type": "string", "format": "uuid"}})
    return {
        "parameters": [
            described(name, required.get(name) or optional[name], name in required)
            for name in (*required, *optional)
        ]
    }


def described(name: str, schema: Mapping[str, Any], required: bool) -> dict[str, Any]:
    array = {"style": "form", "explode": False} if schema["type"] == "array" else {}
    return {"name": name, "in": "query", "required": required, "schema": schema} | array


def _one(name: str, given: Mapping[str, str], known: Mapping[str, T]) -> T:
    found = known.get(given.get(name, ""))
    if found is None:
        missing = "missing; " if name not in given else ""
        refuse(name, f"{missing}one of {', '.join(known)}")
    return found


def _date(name: str, given: Mapping[str, str]) -> date:
    found = _day(given.get(name, ""))
    if found is None:
        refuse(name, "missing" if name not in given else "a day, YYYY-MM-DD")
    return found


def _values(name: str, texts: Sequence[str]) -> tuple[Any, ...]:
    if not 1 <= len(texts) <= _MOST_VALUES or max(map(len, texts)) > _LONGEST:
        refuse(name, f"1 to {_MOST_VALUES} values of at most {_LONGEST} characters")
    try:
        return tuple(_id(text) if name in _IDS else clean(text) for text in texts)
    except ValueError as error:
        refuse(name, str(error))


def _id(text: str) -> UUID:
    if not _ID.fullmatch(text):
        raise ValueError("a UUID")
    return UUID(text)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        return None


def _unknown(name: str, known: Sequence[str]) -> NoReturn:
    near = get_close_matches(name[:_LONGEST], (*known, *FILTERS), 1)
    hint = f"; did you mean {near[0]}?" if near else ""
    refuse(name, f"no such parameter{hint}", "parameter.unknown")


def refuse(name: str, message: str, code: str = "parameter.invalid") -> NoReturn:
    """Invalid, of one parameter."""
    raise Invalid.field(name[:_LONGEST], code, f"{name[:_LONGEST]}: {message}")
