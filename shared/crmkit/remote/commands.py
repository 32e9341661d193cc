"""What `crm import` does and prints."""

import tomllib
from collections.abc import Collection
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from crmkit.remote.api import Api, Refused
from crmkit.remote.importing import Import
from crmkit.remote.mapping import Source, load
from crmkit.remote.proposing import propose_mapping
from crmkit.remote.refusals import Refusals
from crmkit.remote.writing import Tally

MAPPINGS = Path(__file__).resolve().parents[3] / "deploy" / "mappings"


async def import_folder(mapping: str, folder: Path, errors: Path, console: Console) -> None:
    """Import, show a bar for each file, and print what became of the rows; Refused where each of
    them was."""
    source = _source(mapping)
    columns = (TextColumn("{task.description:<24}"), BarColumn(), TimeElapsedColumn())
    async with Api.from_environment() as api:
        with Progress(*columns, console=console) as progress:
            refusals = Refusals(errors)
            tallies = await Import(api, source, folder, refusals, progress).run()
    console.print(_summary(tallies))
    if refusals.count:
        console.print(f"rows that were refused or merged, and why: {errors}")
    demand_some(tallies.values(), refusals.first)


def demand_some(tallies: Collection[Tally], first: str) -> None:
    """Refused, with the first reason, where there were rows and none of any file was taken."""
    rows = sum(tally.rows for tally in tallies)
    if rows and rows == sum(tally.refused for tally in tallies):
        raise Refused(f"each of {rows} rows was refused, the first: {first}")


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


def _summary(tallies: dict[str, Tally]) -> Table:
    table = Table(title="rows = created + updated + merged + refused")
    for name in ("file", "rows", "created", "updated", "merged", "refused"):
        table.add_column(name, justify="left" if name == "file" else "right")
    for name, tally in tallies.items():
        counts = (tally.rows, tally.created, tally.updated, tally.merged, tally.refused)
        table.add_row(name, *map(str, counts))
    return table
