"""`crm import` as it is typed; it loads what it needs, so that `crm --help` is quick."""

import asyncio
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console

from crmkit.remote.api import Refused


def import_files(
    mapping: Annotated[str, typer.Argument(help="A mapping's name, or the path of a TOML file.")],
    folder: Annotated[Path | None, typer.Argument(help="Where the files are.", exists=True)] = None,
    errors: Annotated[Path, typer.Option(help="Refused rows.")] = Path("import-errors.csv"),
    propose: Annotated[
        bool, typer.Option("--propose", help="Print a mapping for a file, given in its place.")
    ] = False,
    to: Annotated[
        Literal["leads", "opportunities"], typer.Option(help="What the rows of that file are.")
    ] = "leads",
) -> None:
    """Import somebody's files, by a mapping, through the public API.

    Without a mapping: `crm import --propose FILE > mine.toml`, correct it, then import by it.
    """
    from crmkit.remote.commands import import_folder, print_proposal

    if propose:
        asyncio.run(print_proposal(Path(mapping), to))
    elif folder is None:
        raise Refused("say where the files are: crm import MAPPING FOLDER")
    else:
        asyncio.run(import_folder(mapping, folder, errors, Console(stderr=True)))
