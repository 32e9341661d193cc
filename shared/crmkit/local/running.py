"""`crm up`: hold the stack, or run one command within it."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from rich.console import Console

from crmkit.local.gateway import Gateway
from crmkit.local.kafka import Kafka
from crmkit.local.stack import Stack
from crmkit.local.supervise import ChildError
from crmkit.remote.api import Refused

_BY_SIGNAL = 128
_BINARIES = Path(sys.executable).parent


@asynccontextmanager
async def started(folder: Path, port: int | None, console: Console) -> AsyncIterator[Stack]:
    """The stack, for as long as the block runs, or until SIGTERM; what of it ends by itself is
    started again meanwhile. Refused if it cannot start, or something ends again and again."""
    block = asyncio.current_task()
    if block is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, block.cancel)
    stack = Stack(folder, port, os.environ.get("CRM_KAFKA", ""))
    with console.status("starting") as status:
        try:
            await stack.start(lambda step: status.update(f"starting: {step}"))
        except ChildError as error:
            await stack.stop()
            raise Refused(str(error)) from error
        except BaseException:
            await stack.stop()
            raise
    keeping = asyncio.create_task(stack.keep(console.print))

    def give_up(task: asyncio.Task[None]) -> None:
        if block is not None and not task.cancelled():
            block.cancel()

    keeping.add_done_callback(give_up)
    try:
        yield stack
    except asyncio.CancelledError:
        if keeping.done() and (given_up := keeping.exception()):
            raise Refused(str(given_up)) from given_up
        raise
    finally:
        block = None  # nothing cuts the stop short, not even a callback that is scheduled already
        keeping.remove_done_callback(give_up)
        keeping.cancel()
        await asyncio.wait({keeping})
        await stack.stop()


async def hold(folder: Path, port: int | None, console: Console) -> None:
    """Until Ctrl-C or SIGTERM."""
    async with started(folder, port, console) as stack:
        await stay(stack, folder, console)


async def hold_kafka(folder: Path, nodes: int, console: Console) -> None:
    """Until Ctrl-C or SIGTERM; Refused where it cannot start, or a node ends by itself."""
    kafka = Kafka(folder, nodes)
    try:
        with console.status("starting"):
            await kafka.start()
        console.print(f"CRM_KAFKA={kafka.bootstrap}", soft_wrap=True, highlight=False)
        console.print(f"CRM_KAFKA_REPLICATION={kafka.replication}", highlight=False)
        await _interrupted_or_ended(kafka)
    except ChildError as error:
        raise Refused(str(error)) from error
    finally:
        await kafka.stop()


async def run_within(
    folder: Path, port: int | None, command: Sequence[str], console: Console
) -> int:
    """Run a command against the stack; its exit status, 128 + n where signal n ended it.

    The command finds `crm`, and the Python that runs it, before any other.
    """
    async with started(folder, port, console) as stack:
        path = os.pathsep.join([str(_BINARIES), os.environ.get("PATH", os.defpath)])
        told = os.environ | {"CRM_URL": stack.url, "CRM_TOKEN": stack.token(), "PATH": path}
        process = await asyncio.create_subprocess_exec(*command, env=told)
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, process.terminate)
        try:
            status = await process.wait()
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            await process.wait()
        return status if status >= 0 else _BY_SIGNAL - status


async def _interrupted_or_ended(kafka: Kafka) -> None:
    signal_came = asyncio.create_task(interrupted())
    one_ended = asyncio.create_task(kafka.ended())
    await asyncio.wait({signal_came, one_ended}, return_when=asyncio.FIRST_COMPLETED)
    signal_came.cancel()
    if not one_ended.done():
        one_ended.cancel()
        return
    child = one_ended.result()
    raise Refused(f"the {child.name} ended with status {child.exit_code}; see {child.log}")


async def stay(stack: Stack, folder: Path, console: Console) -> None:
    """Say where to look, and later what came of what is still being installed; until Ctrl-C."""
    console.print(where_to_look(stack, folder), soft_wrap=True)
    telling = asyncio.create_task(tell_later(stack.gateway, console))
    await interrupted()
    telling.cancel()


async def tell_later(gateway: Gateway, console: Console) -> None:
    """What was not known yet when the start was told of."""
    if gateway.is_under_way:
        await gateway.settled()
        console.print(f"GraphQL   {gateway.line}", soft_wrap=True)


async def interrupted() -> None:
    """Wait for Ctrl-C or SIGTERM."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    await stop.wait()


def where_to_look(stack: Stack, folder: Path) -> str:
    """What a newcomer wants to know next."""
    api, worker = stack.metrics_ports
    names = "identity leads opportunities contracts forecast reporting webhooks"
    return "\n".join(
        [
            "",
            f"[bold]API[/bold]       {stack.url}/docs   (works offline)",
            f"[bold]GraphQL[/bold]   {stack.gateway.line}",
            f"          {stack.url}/graphql/SERVICE   ({names})",
            f"[bold]Token[/bold]     .venv/bin/crm token --data {folder}",
            f"[bold]Metrics[/bold]   http://127.0.0.1:{api}/metrics (API)"
            f"   http://127.0.0.1:{worker}/metrics (worker)",
            f"[bold]Logs[/bold]      {folder}/api.log   {folder}/worker.log",
            "",
            "Ctrl-C stops it; the data stays.",
        ]
    )
