"""What stands behind figures, as far as the policy lets the caller see."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import asyncpg

from crmkit.components.directory import names
from crmkit.db.reading import Reading
from services.reporting.lineage import statements
from services.reporting.lineage.schemas import Happened, Page, Span, events, mark, place
from services.reporting.rollup.domain import MEASURES, Unit
from services.reporting.rollup.queries import (
    columns_of,
    cut_of,
    find_rollup,
    scoped,
    start_of_period,
    written,
)
from services.reporting.rollup.schemas import BY, Wanted
from services.reporting.rollup.statements import past

_AGGREGATES = {measure.name: measure.fact.removeprefix("fact_") for measure in MEASURES}


@dataclass(frozen=True, slots=True)
class Differences:
    """One page of what changed, and the events by which days were cut anew."""

    items: list[dict[str, Any]]
    next_cursor: str | None
    zones: list[Happened]


@dataclass(frozen=True, slots=True)
class Lineage:
    """A figure, and one page of the records it is made of."""

    figure: list[dict[str, Any]]
    items: list[dict[str, Any]]
    next_cursor: str | None


async def find_differences(reading: Reading, wanted: Wanted, span: Span, page: Page) -> Differences:
    """What a figure was and became between two recorded instants; Invalid `cursor.invalid`."""
    kinds = {"period": "date"} | {name: _kind(name) for name in _dimensions(wanted)}
    begins = [] if page.cursor is None else place(page.cursor, kinds)
    number = 7 + len(wanted.filters)
    scope, who = scoped(reading, number)
    into = statements.Cut(
        start_of_period(wanted.grain),
        tuple(_dimensions(wanted)),
        tuple(name for name, _ in wanted.filters),
        scope,
        _beyond(kinds, number + len(who)) if begins else "true",
    )
    found = await reading.fetch(
        statements.difference(wanted.figure, into),
        *(reading.tenant_id, wanted.first, wanted.last, span.start, span.end, page.limit + 1),
        *(list(values) for _, values in wanted.filters),
        *who,
        *begins,
    )
    zones = await reading.fetch(statements.ZONES, reading.tenant_id, span.start, span.end)
    people = await names(reading) if "owner" in wanted.by else {}
    shown, more = found[: page.limit], len(found) > page.limit
    return Differences(
        [_difference(wanted, cell, people) for cell in shown],
        mark([shown[-1][name] for name in kinds]) if more else None,
        [Happened(**zone) for zone in zones],
    )


async def find_lineage(reading: Reading, wanted: Wanted, page: Page) -> Lineage:
    """The facts a figure is made of, by id; Invalid `cursor.invalid`."""
    after = None if page.cursor is None else place(page.cursor, {"id": "uuid"})[0]
    scope, who = scoped(reading, 6 + len(wanted.filters))
    found = await reading.fetch(
        statements.behind(wanted.figure, tuple(name for name, _ in wanted.filters), scope),
        *(reading.tenant_id, wanted.first, wanted.last, after, page.limit + 1),
        *(list(values) for _, values in wanted.filters),
        *who,
        of=past((wanted.figure.measure,)),
    )
    shown, more = found[: page.limit], len(found) > page.limit
    figure = await find_rollup(reading, wanted)
    return Lineage(
        [{"value": item["value"], "currency": item["currency"]} for item in figure],
        [_contribution(wanted, fact) for fact in shown],
        mark([shown[-1]["id"]]) if more else None,
    )


def _contribution(wanted: Wanted, fact: asyncpg.Record) -> dict[str, Any]:
    counts = wanted.figure.unit is Unit.COUNT
    return {
        "aggregate": _AGGREGATES[wanted.figure.measure],
        "id": fact["id"],
        "value": 1 if counts else written(wanted, fact["amount"]),
        "currency": None if counts else fact["currency"],
        "events": events(fact["events"]),
    }


def _difference(wanted: Wanted, cell: asyncpg.Record, people: Mapping[Any, str]) -> dict[str, Any]:
    before, after = cell["before"], cell["after"]
    return cut_of(wanted, cell, dict(people)) | {
        "before": written(wanted, before),
        "after": written(wanted, after),
        "difference": written(wanted, after - before),
        "currency": None if wanted.figure.unit is Unit.COUNT else cell["currency"],
        "events": events(cell["events"]),
    }


def _dimensions(wanted: Wanted) -> list[str]:
    return columns_of(wanted.by, wanted.figure.unit)


def _kind(column: str) -> str:
    return "uuid" if column in {BY["owner"], BY["campaign"]} else "text"


def _beyond(kinds: Mapping[str, str], number: int) -> str:
    marks = (f"${n}::{kind}" for n, kind in enumerate(kinds.values(), number))
    return f"({', '.join(kinds)}) > ({', '.join(marks)})"
