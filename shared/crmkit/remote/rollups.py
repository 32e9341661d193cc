"""What `crm rollup` does and prints."""

import json
import re
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table

from crmkit.remote.api import Api, Refused

_DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")


async def print_rollup(
    query: dict[str, str], console: Console, *, wait: bool, as_json: bool
) -> None:
    """Print a rollup as a table, which says where it is empty, or as a list of items in JSON."""
    async with Api.from_environment() as api:
        if wait:
            await api.settle()
        if _DAY.fullmatch(query.get("as_of", "")):
            query = query | {"as_of": await _end_of(api, query["as_of"])}
        answer = await api.ask("GET", "/v1/rollups", params=query)
    if as_json:
        print(json.dumps(answer["items"], ensure_ascii=False, indent=1))
    elif answer["items"]:
        console.print(table_of(answer["items"], query["measure"]))
    else:
        console.print("no figures")


async def _end_of(api: Api, day: str) -> str:
    """The last instant of a day by the tenant's clocks, which are UTC's until they are set.

    Refused where the calendar has no such day.
    """
    tenant = await api.find("/v1/tenant")
    zone = ZoneInfo(tenant["time_zone"] if tenant else "UTC")
    try:
        last = datetime.combine(date.fromisoformat(day), time.max, zone)
    except ValueError as error:
        raise Refused(f"--as-of: there is no day {day}") from error
    return last.astimezone(UTC).isoformat()


def table_of(items: list[dict[str, Any]], title: str) -> Table:
    """Items as a table, a column for each member."""
    table = Table(title=title)
    names = list(dict.fromkeys(name for item in items for name in item))
    for name in names:
        table.add_column(name, justify="right" if name == "value" else "left")
    for item in items:
        table.add_row(*("" if item.get(n) is None else str(item[n]) for n in names))
    return table
