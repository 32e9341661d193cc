"""The worker of a service: its relay, its consumer and its schedules, in one process."""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from functools import partial
from typing import Any

import structlog

from crmkit.components.housekeeping import Housekeeping
from crmkit.components.jobs.runner import JobRunner
from crmkit.db.executor import Executor
from crmkit.db.pool import Database
from crmkit.garbage import leave_to_stand
from crmkit.messaging.consumer import Consumer
from crmkit.messaging.relay import Relay
from crmkit.proof.beside import Beside, pairs
from crmkit.proof.monitor import Monitor
from crmkit.proof.signing import Signing
from crmkit.service import Schedule, Service
from crmkit.settings import Settings

Databases = dict[tuple[str, str], Database]
"""By service and role."""

_BUSY, _SOON, _IDLE = 0.005, 0.02, 0.25
_GRACE_SECONDS = 12
_ASKED = 3
log = structlog.get_logger()


class DutyEndedError(RuntimeError):
    """A relay, consumer or schedule ended by itself, which none of them should."""


async def upgrade(services: Sequence[Service]) -> None:
    """Bring their databases up to date, one after the other: Alembic's context is one for a
    process. What reads and writes of the release before may go on meanwhile."""
    for service in services:
        await service.migrator(service.settings.load()).upgrade()


async def work(services: Sequence[Service]) -> None:
    """Run until SIGTERM or SIGINT, then let go within seconds: all of it is safe under kill -9.

    DutyEndedError where a duty ends by itself: whoever keeps the process has to start it again.
    """
    stop = _told_to_stop()
    databases: Databases = {}
    duties = [each for service in services for each in await _duties(service, databases)]
    if len(services) > 1:
        duties.append(_repeat(Beside(services, _systems(databases))))
    await _run_until(stop, services, duties, databases)


_WATCHERS = 2
"""Connections of a monitor to a database: a service that hears itself is compared with itself."""


async def watch(services: Sequence[Service]) -> None:
    """Compare what services keep of each other, and do nothing else, until SIGTERM or SIGINT.

    LookupError where none of them hears another.
    """
    if not pairs(services):
        raise LookupError("nothing to compare: none of these hears another; name more, or `all`")
    stop = _told_to_stop()
    databases: Databases = {}
    for service in services:
        settings = service.settings.load()
        databases[service.name, "system"] = await _open(
            service, settings, "system", _WATCHERS, of="monitor"
        )
    duty = _repeat(Beside(services, _systems(databases)))
    await _run_until(stop, services, [duty], databases)


def _told_to_stop() -> asyncio.Event:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return stop


def _systems(databases: Databases) -> dict[str, Database]:
    return {name: database for (name, role), database in databases.items() if role == "system"}


async def _run_until(
    stop: asyncio.Event,
    services: Sequence[Service],
    duties: Sequence[Coroutine[Any, Any, None]],
    databases: Databases,
) -> None:
    tasks = [asyncio.create_task(duty) for duty in duties]
    leave_to_stand()
    log.info("worker.ready", services=[service.name for service in services])
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({stopping, *tasks}, return_when=asyncio.FIRST_COMPLETED)
    failed = next((task for task in tasks if task.done()), None)
    await end([*tasks, stopping])
    await asyncio.gather(*(database.close() for database in databases.values()))
    if failed:
        raise DutyEndedError(repr(failed))


async def end(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Ask them to end, and again those that have not: clients of aiokafka that are just starting
    may swallow the first cancellation."""
    left = set(tasks)
    for _ in range(_ASKED):
        for task in left:
            task.cancel()
        if left:
            _, left = await asyncio.wait(left, timeout=_GRACE_SECONDS / _ASKED)


async def _duties(service: Service, databases: Databases) -> list[Coroutine[Any, Any, None]]:
    settings = service.settings.load()
    system = await _open(service, settings, "system")
    app = await _open(service, settings, "app")
    databases |= {(service.name, "system"): system, (service.name, "app"): app}
    executor = Executor(app, service.policy)
    relay = Relay(service.name, system, settings, service.topics)
    consumer = Consumer(
        service.name,
        settings,
        system,
        executor,
        folds=service.folds,
        reactions=service.reactions,
    )
    turns: list[Schedule] = [make(settings) for make in service.schedules]
    turns += [
        Housekeeping(service.name, settings),
        Monitor(service),
        Signing(service.name, settings),
    ]
    turns += [JobRunner(jobs) for jobs in service.jobs]
    own = (_repeat(partial(turn, executor, system)) for turn in turns)
    return [relay.run(), consumer.run(), *own]


async def _open(
    service: Service, settings: Settings, role: str, size: int = 0, *, of: str = "worker"
) -> Database:
    return await Database.open(
        settings.dsn(service.name, role),
        size=size or settings.pool_size,
        name=f"{service.name}.{of}.{role}",
        pooler=settings.pooler and role == "app",
    )


async def _repeat(turn: Callable[[], Awaitable[bool]]) -> None:
    """Do turn after turn; at once while there is more, after pauses that grow when there is not:
    where something has just come, more is likely to come soon."""
    pause = _IDLE
    while True:
        try:
            pause = _BUSY if await turn() else min(max(pause * 1.5, _SOON), _IDLE)
            await asyncio.sleep(pause)
        except Exception as error:  # the rows wait
            log.warning("schedule.retry", error=repr(error))
            await asyncio.sleep(1)
