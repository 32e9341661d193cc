"""What `crm import` and `crm rollup` do and print."""

import json
import re
import tomllib
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from crmkit.remote.api import Api, Refused
from crmkit.remote.importing import Import
from crmkit.remote.mapping import Source, load
from crmkit.remote.proposing import propose_mapping
from crmkit.remote.refusals import Refusals
from crmkit.remote.writing import Tally

_DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
MAPPINGS = Path(__file__).resolve().parents[3] / "deploy" / "mappings"


async def import_folder(mapping: str, folder: Path, errors: Path, console: Console) -> None:
    """Import, show a bar for each file, and print what became of the rows."""
    source = _source(mapping)
    columns = (TextColumn("{task.description:<24}"), BarColumn(), TimeElapsedColumn())
    async with Api.from_environment() as api:
        with Progress(*columns, console=console) as progress:
            refusals = Refusals(errors)
            tallies = await Import(api, source, folder, refusals, progress).run()
    console.print(_summary(tallies))
    if refusals.count:
        console.print(f"rows that were refused or merged, and why: {errors}")


async def print_proposal(path: Path, to: str) -> None:
    """Print a mapping for a file of records of that kind."""
    async with Api.from_environment() as api:
        print(await propose_mapping(api, path, to), end="")


def _source(name: str) -> Source:
    path = Path(name) if name.endswith(".toml") else MAPPINGS / f"{name}.toml"
    if not path.exists():
        known = ", ".join(sorted(p.stem for p in MAPPINGS.glob("*.toml")))
        raise Refused(f"no mapping {name!r}; there are: {known}")
    try:
        return load(path)
    except (KeyError, TypeError, tomllib.TOMLDecodeError) as error:
        raise Refused(f"{path} is no mapping: {error}") from error


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


def _summary(tallies: dict[str, Tally]) -> Table:
    table = Table(title="rows = created + updated + merged + refused")
    for name in ("file", "rows", "created", "updated", "merged", "refused"):
        table.add_column(name, justify="left" if name == "file" else "right")
    for name, tally in tallies.items():
        counts = (tally.rows, tally.created, tally.updated, tally.merged, tally.refused)
        table.add_row(name, *map(str, counts))
    return table
