"""The command line: `crm --help`."""

import asyncio
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer
from rich.console import Console

from crmkit.garbage import collect_often, collect_seldom
from crmkit.installed import installed
from crmkit.kernel.errors import CrmError
from crmkit.local.token_line import token
from crmkit.proof.command_line import ledger, replay, verify
from crmkit.remote.api import Refused
from crmkit.remote.command_line import import_files
from crmkit.remote.figure_line import report, rollup
from crmkit.remote.score_line import score

app = typer.Typer(
    help="Dealstream: the backend of a CRM. Start with `crm demo`, or `crm up`.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)
app.add_typer(ledger, name="ledger")
app.add_typer(score, name="score")
app.command("import")(import_files)
app.command()(token)
console = Console()
quiet = Console(stderr=True)

Data = Annotated[Path, typer.Option(help="Where the stack keeps its data.")]
Port = Annotated[
    int, typer.Option(help="Where the API listens; 0 takes a free port.", min=0, max=65535)
]
Names = Annotated[
    list[str],
    typer.Argument(help=f"{', '.join(installed())}, or `all`."),
]
FOLDER = Path(".data")
_TERMINATED = 143
_PORT = 8000


def main() -> None:
    """Run a command; what is refused or cannot be reached is one line and exit status 2."""
    collect_seldom()
    try:
        app()
    except (Refused, CrmError, LookupError, OSError) as error:
        quiet.print(str(error), style="red", markup=False, highlight=False, soft_wrap=True)
        raise SystemExit(2) from error
    except asyncio.CancelledError as ended:
        raise SystemExit(_TERMINATED) from ended


@app.command()
def up(
    command: Annotated[
        list[str] | None, typer.Argument(metavar="[-- COMMAND…]", show_default=False)
    ] = None,
    data: Data = FOLDER,
    port: Annotated[
        int | None,
        typer.Option(
            help="Where the API listens; 0 takes a free port. If left out 8000, of a COMMAND 0.",
            min=0,
            max=65535,
        ),
    ] = None,
) -> None:
    """Start PostgreSQL, the broker and every service, until Ctrl-C.

    With `-- COMMAND …`: run the command against it with CRM_URL and CRM_TOKEN set, stop, and exit
    with the command's status.
    """
    from crmkit.local.running import hold, run_within

    if command:
        raise SystemExit(asyncio.run(run_within(data, port or None, command, quiet)))
    asyncio.run(hold(data, (_PORT if port is None else port) or None, console))


@app.command()
def demo(
    data: Data = FOLDER,
    port: Port = _PORT,
    once: Annotated[bool, typer.Option("--once", help="Stop after the report.")] = False,
) -> None:
    """Start everything, load a made-up company's year of sales, and show this week and month."""
    from crmkit.local.demo import show

    asyncio.run(show(data, port or None, console, once=once))


@app.command()
def kafka(
    data: Data = FOLDER,
    nodes: Annotated[int, typer.Option(help="How many nodes the cluster has.", min=1, max=9)] = 1,
) -> None:
    """Run Apache Kafka on free ports until Ctrl-C, and print what points the house at it.

    Maven fetches it the first time. Needs `java` 17 and `mvn` on the PATH.
    """
    from crmkit.local.running import hold_kafka

    asyncio.run(hold_kafka(data / f"kafka-{nodes}", nodes, console))


@app.command()
def serve(
    names: Names,
    port: Port = 8000,
    host: Annotated[str, typer.Option(help="On which address it listens.")] = "127.0.0.1",
) -> None:
    """Serve the API of services."""
    import uvicorn

    from crmkit.house import house
    from crmkit.service import services
    from crmkit.web.protocol import SERVED

    chosen = services(names)
    settings = _begin()
    app = house(chosen, settings)
    collect_often()
    uvicorn.run(app, host=host, port=port, **SERVED)


@app.command()
def worker(
    names: Names,
    first: Annotated[
        bool, typer.Option("--migrate", help="Bring their databases up to date before.")
    ] = False,
) -> None:
    """Run the relay, the consumer and the schedules of services."""
    import uvloop

    from crmkit.service import services
    from crmkit.worker import upgrade, work

    chosen = services(names)
    settings = _log()
    if first:
        asyncio.run(upgrade(chosen))
    _be_scraped(settings)  # whoever waits for the migration looks for the metrics
    uvloop.run(work(chosen))


@app.command()
def monitor(names: Names) -> None:
    """Compare what services keep of each other, a sample at a time; see /metrics and the log.

    Reads their databases as their system role and writes nothing. `crm worker all` does it, too.
    """
    import uvloop

    from crmkit.service import services
    from crmkit.worker import watch

    _begin()
    uvloop.run(watch(services(names)))


@app.command()
def migrate(
    names: Names,
    check: Annotated[bool, typer.Option("--check", help="Only tell whether all is done.")] = False,
    revise: Annotated[str, typer.Option(help="Write a revision with this message.")] = "",
) -> None:
    """Bring the databases of services up to date."""
    from crmkit.service import services

    async def run() -> None:
        for service in services(names):
            migrator = service.migrator(service.settings.load())
            if check:
                await migrator.check()
            else:
                await migrator.upgrade()
            if revise:
                await migrator.revise(revise)

    asyncio.run(run())


@app.command()
def tenant_export(
    tenant: Annotated[UUID, typer.Argument(help="Tenant id.")],
    to: Annotated[Path, typer.Option(help="A new folder.")],
) -> None:
    """Write all rows of a tenant, of every service, into a folder."""
    from crmkit.service import services
    from crmkit.tenants import export_tenant

    rows = asyncio.run(export_tenant(services(), tenant, to))
    quiet.print(f"{rows} rows of {tenant} in {to}", highlight=False, soft_wrap=True)


@app.command()
def tenant_import(
    folder: Annotated[Path, typer.Argument(help="What tenant-export wrote.", exists=True)],
) -> None:
    """Put a tenant's rows into this house; its events are told again, under new places."""
    from crmkit.service import services
    from crmkit.tenants import import_tenant

    told = asyncio.run(import_tenant(services(), folder))
    quiet.print(f"imported; {told} events are told again", highlight=False)


for _asks in (rollup, report, verify, replay):
    app.command()(_asks)


@app.command()
def openapi(
    names: Annotated[list[str] | None, typer.Argument(help="Services; all if left out.")] = None,
) -> None:
    """Print the OpenAPI document of services, merged."""
    import orjson

    from crmkit.house import merged
    from crmkit.service import services

    apps = {service.name: service.api() for service in services(names or ["all"])}
    typer.echo(orjson.dumps(merged(apps), option=orjson.OPT_INDENT_2).decode())


@app.command()
def sdl(
    names: Annotated[list[str] | None, typer.Argument(help="Services; all if left out.")] = None,
    write: Annotated[Path | None, typer.Option(help="A folder: one file for each.")] = None,
) -> None:
    """Print the GraphQL subgraphs of services as they are composed, or write them to a folder."""
    from crmkit.service import services

    for service in services(names or ["all"]):
        printed = f"{service.schema(service.settings.load()).as_str()}\n"
        if write:
            (write / f"{service.name}.graphql").write_text(printed)
        else:
            typer.echo(f"# {service.name}\n{printed}")


def _begin() -> Any:
    """The settings of a process that goes on until it is told to end; it logs and is scraped."""
    settings = _log()
    _be_scraped(settings)
    return settings


def _log() -> Any:
    from crmkit import faults
    from crmkit.settings import Settings
    from crmkit.web import logs

    logs.configure()
    settings = Settings.load()
    faults.arm(settings.fault_point)
    return settings


def _be_scraped(settings: Any) -> None:
    from crmkit import metrics

    if settings.metrics_port:
        metrics.serve(settings.metrics_port, settings.metrics_host)


if __name__ == "__main__":
    main()
