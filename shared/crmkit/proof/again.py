"""Events once more: those that were parked, and what events start."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog

from crmkit.db.executor import Executor
from crmkit.db.failures import has_to_wait
from crmkit.db.pool import Database
from crmkit.events.envelope import Unreadable, Wire, read
from crmkit.kernel import clock
from crmkit.messaging.consumer import Consumer
from crmkit.proof.sources import Source
from crmkit.service import Service

_PARKED = "select id, value from parked where replayed_at is null order by parked_at, id"
_REPLAYED = "update parked set replayed_at = $2 where id = $1"
_CONNECTIONS = 2
log = structlog.get_logger()


@dataclass(slots=True)
class Again:
    """How many events were applied, and how many are refused as before."""

    applied: int = 0
    refused: int = 0


async def replay_parked(service: Service) -> Again:
    """Try what was parked again, oldest first; what succeeds is marked as replayed."""
    tally = Again()
    async with _consumer(service) as consumer:
        async with consumer.database.system() as connection:
            parked = await connection.fetch(_PARKED)
        for row in parked:
            if await _applies(consumer, _readable(row["value"]), tally, folds=True):
                async with consumer.database.system() as connection:
                    await connection.execute(_REPLAYED, row["id"], clock.now())
    return tally


async def replay_reactions(service: Service, source: Source) -> Again:
    """Start again what events start; each finds by its natural key what is done already."""
    tally = Again()
    async with _consumer(service) as consumer, source:
        async for events in source.more():
            for event in events:
                if event.type in consumer.reactions:
                    await _applies(consumer, event, tally, folds=False)
    return tally


async def _applies(consumer: Consumer, event: Wire | None, tally: Again, *, folds: bool) -> bool:
    """Whether the event could be applied; what is away is raised, for nothing is proved then."""
    try:
        if event is None:
            raise Unreadable("not an event of ours")
        await consumer.apply_again(event, folds=folds)
    except Exception as error:
        if has_to_wait(error):
            raise
        log.warning("replay.refused", service=consumer.service, error=repr(error)[:500])
        tally.refused += 1
        return False
    tally.applied += 1
    return True


def _readable(value: bytes | None) -> Wire | None:
    try:
        return read(value)
    except Unreadable:
        return None


@asynccontextmanager
async def _consumer(service: Service) -> AsyncIterator[Consumer]:
    """The service's consumer, which is not run: only what it does with an event is wanted."""
    settings = service.settings.load()
    opened = [
        await Database.open(
            settings.dsn(service.name, role),
            size=_CONNECTIONS,
            name=f"{service.name}.replay.{role}",
            pooler=settings.pooler and role == "app",
        )
        for role in ("system", "app")
    ]
    system, app = opened
    executor = Executor(app, service.policy)
    try:
        yield Consumer(
            service.name,
            settings,
            system,
            executor,
            folds=service.folds,
            reactions=service.reactions,
        )
    finally:
        for database in opened:
            await database.close()
