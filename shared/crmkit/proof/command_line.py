"""`crm verify`, `crm replay` and `crm ledger` as they are typed; they load what they need, so that
`crm --help` is quick."""

import asyncio
import json
import os
from pathlib import Path
from typing import Annotated, Literal
from uuid import UUID

import typer
from rich.console import Console

ledger = typer.Typer(help="The ledger of a service's events.", no_args_is_help=True)
Running = Annotated[
    Path | None,
    typer.Option("--data", help="Ask the stack that runs there; else CRM_DATABASE_URL."),
]


def verify(
    names: Annotated[list[str] | None, typer.Argument(help="Services.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Every service.")] = False,
    tenant: Annotated[
        UUID | None, typer.Option(help="Rows of this tenant only; ledgers are whole.")
    ] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Until all written before counts.")] = False,
    format: Annotated[Literal["text", "json"], typer.Option()] = "text",
    data: Running = None,
) -> None:
    """Check that rows, copies, figures and ledgers say what the events say; exit status 1 if not.

    Reads the databases of all services that the named ones listen to, as their system role.
    """
    from crmkit.proof.commands import print_verified

    if not names and not every:
        raise LookupError("which services? Name them, or say --all")
    _reach(data)
    chosen = ["all"] if every else names or []
    checked = print_verified(chosen, tenant, Console(), wait=wait, as_json=format == "json")
    equal = asyncio.run(checked)
    raise SystemExit(0 if equal else 1)


def replay(
    name: Annotated[str, typer.Argument(help="Service name.")],
    from_: Annotated[
        Literal["ledgers", "broker"], typer.Option("--from", help="Where events come from.")
    ] = "ledgers",
    parked: Annotated[bool, typer.Option("--parked", help="Only what was parked.")] = False,
    reactions: Annotated[
        bool, typer.Option("--reactions", help="Start again what events start.")
    ] = False,
    data: Running = None,
) -> None:
    """Rebuild what a service keeps of others, from nothing, while it is read.

    Copies, directory, facts and figures. The feed of webhooks is not rebuilt, for others hold its
    cursors: what it has lost is put back at its end, and no endpoint is told of it anew. Nothing
    is started again unless `--reactions` asks for it.
    """
    from crmkit.proof.commands import print_parked, print_replayed

    _reach(data)
    if parked:
        raise SystemExit(asyncio.run(print_parked(name, Console())))
    work = print_replayed(name, Console(), from_broker=from_ == "broker", reactions=reactions)
    raise SystemExit(asyncio.run(work))


@ledger.command("export")
def export_ledger(
    name: Annotated[str, typer.Argument(help="Service name.")],
    out: Annotated[Path, typer.Option(help="The file to write, JSON lines.")],
    data: Running = None,
) -> None:
    """Write a service's ledger and its signed roots, for `deploy/verify/verify_ledger.py`.

    The file holds what the events of all tenants say: keep it as you keep a backup.
    """
    from crmkit.proof.commands import print_exported

    _reach(data)
    asyncio.run(print_exported(name, out, Console()))


@ledger.command("resume")
def resume_ledger(
    name: Annotated[str, typer.Argument(help="Service name.")],
    lost: Annotated[Path, typer.Option(help="A new file: events that were told and are lost.")],
) -> None:
    """Have a service go on whose database was put back to an older state.

    Give up the positions that others have heard of and it has lost, empty its log, which is told
    again from the ledger, and have its listeners make anew what they keep. Does nothing where
    nothing is forgotten. Reads the databases of all services, as their system role.
    """
    from crmkit.proof.commands import print_resumed

    raise SystemExit(asyncio.run(print_resumed(name, lost, Console())))


def _reach(data: Path | None) -> None:
    """Have settings point at the stack that runs with this folder; LookupError where none does."""
    if data is None:
        return
    try:
        told = json.loads((data / "house.json").read_text())
    except FileNotFoundError:
        raise LookupError(f"no stack runs in {data}") from None
    os.environ.update(told["reach"])
