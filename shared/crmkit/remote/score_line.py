"""`crm score` as it is typed; it loads what it needs, so that `crm --help` is quick."""

import asyncio
from datetime import timedelta
from typing import Annotated

import typer
from rich.console import Console

score = typer.Typer(help="Scores of leads.", no_args_is_help=True)


@score.callback()
def about() -> None:
    """Scores of leads."""


@score.command()
def train(
    name: Annotated[str, typer.Argument(help="What the model is called.")],
    also: Annotated[
        list[str] | None,
        typer.Option("--also", help="A field known before the first contact: custom.visits."),
    ] = None,
    patience: Annotated[
        int, typer.Option(help="Days after which an open lead counts as lost.", min=1)
    ] = 90,
    most: Annotated[int, typer.Option(help="Leads at most, the newest.", min=200)] = 20_000,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Keep nothing.")] = False,
) -> None:
    """Train a score model on the tenant's leads, show how it did on the newest, and keep a draft.

    A model that knows what is only known afterwards is refused: exit status 2. A draft scores
    nothing: `POST /v1/score-models/ID/activate` does.
    """
    from crmkit.remote.scoring import train_score

    days = timedelta(days=patience)
    asyncio.run(train_score(name, also or [], days, most, Console(), keep=not dry_run))
