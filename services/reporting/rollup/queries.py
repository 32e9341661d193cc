"""Every figure, as far as the policy lets the caller see."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

import asyncpg

from crmkit.components.directory import names
from crmkit.db.reading import Reading
from crmkit.kernel.access import Scope
from crmkit.kernel.errors import Invalid
from crmkit.kernel.period import Grain, period_of
from services.reporting.rollup import statements
from services.reporting.rollup.domain import Unit, whole_weeks
from services.reporting.rollup.schemas import BY, Wanted

_MOST_ITEMS = 20_000
_SCOPED_BY = {Scope.ALL: 0, Scope.OWN: 1, Scope.TEAM: 2, Scope.SUBTREE: 2}


def viewer_of(reading: Reading, number: int) -> tuple[statements.Viewer, list[Any]]:
    """Who asks, as placeholders from `number` on, and their arguments."""
    scope, who = _asker(reading)
    return _viewer(scope, number), who


def scoped(reading: Reading, number: int) -> tuple[str, list[Any]]:
    """Which cells the caller may see, as SQL from placeholder `number` on, and its arguments."""
    viewer, who = viewer_of(reading, number)
    return viewer.sees, who


def _asker(reading: Reading) -> tuple[Scope, list[Any]]:
    actor = reading.actor
    scope = reading.policy.demand(actor, "rollup_day", "read")
    return scope, [actor.member_id, actor.team][: _SCOPED_BY[scope]]


def _viewer(scope: Scope, number: int) -> statements.Viewer:
    return statements.Viewer(scope, f"${number}::uuid", f"${number + 1}::text")


async def find_rollup(reading: Reading, wanted: Wanted) -> list[dict[str, Any]]:
    """The items, by period and then by dimension; Invalid `rollup.too_large` where too many."""
    scope, who = _asker(reading)
    asked = Asked(
        wanted.grain, wanted.by, wanted.figure.unit, tuple(name for name, _ in wanted.filters)
    )
    weeks = _weeks(wanted, asked, scope) if reading.as_of is None else None
    ragged = weeks is not None and weeks != (wanted.first, wanted.last)
    cells = await reading.fetch(
        _sql(asked, scope, weeks is not None, ragged),
        *(reading.tenant_id, wanted.figure.measure, wanted.first, wanted.last, _MOST_ITEMS + 1),
        *(list(values) for _, values in wanted.filters),
        *who,
        *(weeks if weeks and ragged else ()),
        of=statements.past((wanted.figure.measure,)),
    )
    if len(cells) > _MOST_ITEMS:
        raise Invalid(
            f"more than {_MOST_ITEMS} items: ask for fewer days or dimensions",
            code="rollup.too_large",
        )
    people = await names(reading) if "owner" in wanted.by else {}
    items = [_item(wanted, cell, people) for cell in cells]
    return sorted(items, key=_order(wanted)) if people else items


def start_of_period(grain: Grain) -> str:
    """The first day of the period in which `day` lies, as SQL."""
    return "day" if grain is Grain.DAY else f"date_trunc('{grain.value}', day::timestamp)::date"


def columns_of(by: Sequence[str], unit: Unit) -> list[str]:
    """What figures are cut by, besides the period."""
    return [BY[name] for name in by] + (["currency"] if unit is Unit.AMOUNT else [])


@dataclass(frozen=True, slots=True)
class Asked:
    """What a statement depends on, besides who asks."""

    grain: Grain
    by: tuple[str, ...]
    unit: Unit
    filters: tuple[str, ...]

    @property
    def dimensions(self) -> list[str]:
        return columns_of(self.by, self.unit)

    @property
    def needed(self) -> set[str]:
        return {*self.dimensions, *self.filters}


def _weeks(wanted: Wanted, asked: Asked, scope: Scope) -> tuple[date, date] | None:
    """The days of which cells of weeks can be asked."""
    if asked.grain is Grain.DAY or not statements.has_weeks(asked.needed, scope):
        return None
    return whole_weeks(wanted.first, wanted.last)


@lru_cache(maxsize=1024)
def _sql(asked: Asked, scope: Scope, weeks: bool, ragged: bool) -> str:
    """Filters from $6 on, then who asks, then the first and last day of whole weeks if ragged."""
    start, dimensions = start_of_period(asked.grain), asked.dimensions
    value = "sum(n)::bigint" if asked.unit is Unit.COUNT else "sum(amount)"
    cut = ", ".join(("period", *dimensions))
    also = "".join(f" and {name} = any(${n})" for n, name in enumerate(asked.filters, 6))
    columns = "".join(f", {name}" for name in dimensions)
    number = 6 + len(asked.filters)
    last = number + _SCOPED_BY[scope]
    whole = (f"${last}", f"${last + 1}") if ragged else ("$3", "$4")
    cells = statements.seen(
        asked.needed,
        f"tenant_id = $1 and measure = $2{also}",
        statements.Span("$3", "$4", whole if weeks else None),
        _viewer(scope, number),
    )
    return f"""
select {start} as period{columns}, {value} as value from ({cells}) cells
group by {cut} having sum(n) <> 0 order by {cut} limit $5
"""


def cut_of(wanted: Wanted, cell: asyncpg.Record, people: dict[Any, str]) -> dict[str, Any]:
    """The period and the dimensions of a cell, as they are shown."""
    item: dict[str, Any] = {"period": period_of(cell["period"], wanted.grain).label}
    for name in wanted.by:
        if name == "owner":
            item |= {"owner_id": cell["owner_id"], "owner": people.get(cell["owner_id"], "")}
        else:
            item[BY[name]] = cell[BY[name]]
    return item


def written(wanted: Wanted, value: Any) -> int | str:
    """A number of rows, or an amount as text of two decimals."""
    return int(value) if wanted.figure.unit is Unit.COUNT else f"{value:.2f}"


def _item(wanted: Wanted, cell: asyncpg.Record, people: dict[Any, str]) -> dict[str, Any]:
    counted = wanted.figure.unit is Unit.COUNT
    return cut_of(wanted, cell, people) | {
        "value": written(wanted, cell["value"]),
        "currency": None if counted else cell["currency"],
    }


def _order(wanted: Wanted) -> Any:
    """People by name, and by id where two have the same."""
    dimensions = [
        n for name in wanted.by for n in ((name, BY[name]) if name == "owner" else (BY[name],))
    ]

    def key(item: dict[str, Any]) -> tuple[str, ...]:
        return (*(str(item[n]) for n in ("period", *dimensions)), item["currency"] or "")

    return key
