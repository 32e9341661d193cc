"""`crm rollup` and `crm report` as typed; loading what they need, so that `crm --help` is quick."""

import asyncio
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console


def rollup(  # noqa: PLR0913, PLR0917 - each is an option
    measure: Annotated[str, typer.Argument(help="Such as opportunity_won_amount.")],
    from_: Annotated[str, typer.Option("--from", help="First day, YYYY-MM-DD.")],
    to: Annotated[str, typer.Option(help="Last day, YYYY-MM-DD.")],
    by: Annotated[list[str] | None, typer.Option(help="Dimension, several times.")] = None,
    grain: Annotated[Literal["day", "week", "month", "quarter"], typer.Option()] = "month",
    wait: Annotated[bool, typer.Option("--wait", help="Until all written before counts.")] = False,
    as_of: Annotated[
        str,
        typer.Option(help="As it was known then: 2026-11-22T09:30:00Z, or at the end of that day."),
    ] = "",
    format: Annotated[Literal["table", "json"], typer.Option()] = "table",
) -> None:
    """Print a measure by period and dimensions."""
    from crmkit.remote.rollups import print_rollup

    query = {"measure": measure, "grain": grain, "from": from_, "to": to}
    if by:
        query["by"] = ",".join(by)
    if as_of:
        query["as_of"] = as_of
    asyncio.run(print_rollup(query, Console(), wait=wait, as_json=format == "json"))


def report(
    kind: Annotated[Literal["weekly", "monthly"], typer.Argument()],
    period: Annotated[str, typer.Argument(help="Such as 2026-W12 or 2026-03.")],
    out: Annotated[Path | None, typer.Option(help="File to write.")] = None,
    format: Annotated[
        Literal["html", "csv", "xlsx", "json"] | None,
        typer.Option(help="By the ending of the file if left out, else html."),
    ] = None,
    lang: Annotated[Literal["zh", "en"], typer.Option(help="What it is written in.")] = "zh",
) -> None:
    """Save a report as a page, a table or a workbook, and print where."""
    from crmkit.remote.reports import fetch_report

    typer.echo(asyncio.run(fetch_report(kind, period, out, format or "", lang)))
