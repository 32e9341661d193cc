"""Every figure, as far as the policy lets the caller see."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import asyncpg

from crmkit.components.directory import names
from crmkit.db.reading import Reading
from crmkit.kernel.access import Scope, scope_sql
from crmkit.kernel.errors import Invalid
from crmkit.kernel.period import Grain, period_of
from services.reporting.rollup import statements
from services.reporting.rollup.domain import Unit
from services.reporting.rollup.schemas import BY, Wanted

_MOST_ITEMS = 20_000
_SCOPED_BY = {Scope.ALL: 0, Scope.OWN: 1, Scope.TEAM: 2, Scope.SUBTREE: 2}


def scoped(reading: Reading, number: int) -> tuple[str, list[Any]]:
    """Which cells the caller may see, as SQL from placeholder `number` on, and its arguments."""
    actor = reading.actor
    scope = reading.policy.demand(actor, "rollup_day", "read")
    condition = scope_sql(scope, f"${number}::uuid", f"${number + 1}::text")
    return condition, [actor.member_id, actor.team][: _SCOPED_BY[scope]]


async def find_rollup(reading: Reading, wanted: Wanted) -> list[dict[str, Any]]:
    """The items, by period and then by dimension; Invalid `rollup.too_large` where too many."""
    first = 6 + len(wanted.filters)
    scope, who = scoped(reading, first)
    sql = _sql(
        wanted.grain, wanted.by, wanted.figure.unit, tuple(n for n, _ in wanted.filters), scope
    )
    given = [list(values) for _, values in wanted.filters]
    days = [wanted.first, wanted.last]
    arguments = [reading.tenant_id, wanted.figure.measure, *days, _MOST_ITEMS + 1]
    past = statements.past((wanted.figure.measure,))
    cells = await reading.fetch(sql, *arguments, *given, *who, of=past)
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


@lru_cache(maxsize=1024)
def _sql(grain: Grain, by: Sequence[str], unit: Unit, filters: Sequence[str], scope: str) -> str:
    start, dimensions = start_of_period(grain), columns_of(by, unit)
    value = "sum(n)::bigint" if unit is Unit.COUNT else "sum(amount)"
    cut = ", ".join(("period", *dimensions))
    also = "".join(f" and {name} = any(${n})" for n, name in enumerate(filters, 6))
    columns = "".join(f", {name}" for name in dimensions)
    return f"""
select {start} as period{columns}, {value} as value from rollup_day
where tenant_id = $1 and measure = $2 and day between $3 and $4{also} and {scope}
group by {cut} having sum(n) <> 0 order by {cut} limit $5
"""


def cut_of(wanted: Wanted, cell: asyncpg.Record, people: dict[Any, str]) -> dict[str, Any]:
    """The period and the dimensions of a cell, as they are shown."""
    item: dict[str, Any] = {"period": period_of(cell["period"], wanted.grain).label}
    for name in wanted.by:
        if name == "owner":
            item |= {"owner_id": cell["owner_id"], "owner": people.get(cell["owner_id"], "")}
        else:
            item[name] = cell[name]
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
        n for name in wanted.by for n in ((name, BY[name]) if name == "owner" else (name,))
    ]

    def key(item: dict[str, Any]) -> tuple[str, ...]:
        return (*(str(item[n]) for n in ("period", *dimensions)), item["currency"] or "")

    return key
