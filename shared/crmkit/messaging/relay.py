"""The relay of one service: single-flight, sequence then publish, for as long as it runs."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import TypeVar

import asyncpg
import structlog
from aiokafka import AIOKafkaConsumer
from prometheus_client import Counter, Gauge

from crmkit.db.pool import Connection, Database
from crmkit.faults import point
from crmkit.messaging.broker import ensure_topics, probe, producer
from crmkit.messaging.ending import end_if_asked, stop, whole
from crmkit.messaging.ledger import sequence
from crmkit.messaging.memory import Forgotten, demand_memory
from crmkit.messaging.publisher import LogReset, Publisher
from crmkit.metrics import REGISTRY
from crmkit.settings import Settings

One = TypeVar("One")
Other = TypeVar("Other")
_LOCK = """
select pg_try_advisory_lock(hashtext('crm.relay'))
  and set_config('idle_session_timeout', '15s', false) is not null
"""
_UNLOCK = """
select pg_advisory_unlock_all(), set_config('idle_session_timeout', '0', false)
"""
_STILL = "select 1"
_BATCH = 2000
_QUICK, _IDLE = 0.05, 0.2
_CHECK_SECONDS = 5.0
PUBLISHED = Counter(
    "crm_relay_published", "Events acknowledged by the broker", ["service"], registry=REGISTRY
)
RESETS = Counter(
    "crm_relay_log_resets",
    "Times the broker's log was found to start anew",
    ["service"],
    registry=REGISTRY,
)
LEADS = Gauge(
    "crm_relay_active", "1 in the one process that is the relay", ["service"], registry=REGISTRY
)
FORGOTTEN = Gauge(
    "crm_relay_forgotten_position",
    "The last position that the broker's log holds and the ledger does not; 0 where there is none",
    ["service"],
    registry=REGISTRY,
)
log = structlog.get_logger()


class Relay:
    """Moves a service's events from its outbox to the broker, in order, at least once."""

    def __init__(
        self, service: str, database: Database, settings: Settings, topics: frozenset[str]
    ) -> None:
        self.service = service
        self.database = database
        self.settings = settings
        self.topics = topics
        self._published = PUBLISHED.labels(service)
        self._resets = RESETS.labels(service)
        self._active = LEADS.labels(service)
        self._forgotten = FORGOTTEN.labels(service)
        self._pause = _QUICK

    async def run(self) -> None:
        """Until cancelled; a broker or database that is away is waited for."""
        while True:
            try:
                async with self._alone() as lock:
                    if lock:
                        await self._work(lock)
                    self._forgotten.set(0)  # whoever is the relay tells
                await asyncio.sleep(_IDLE)
            except LogReset as reset:
                self._resets.inc()
                log.warning("relay.log_reset", service=self.service, detail=str(reset))
            except Forgotten as forgotten:
                self._forgotten.set(forgotten.position)
                log.error("relay.forgotten", service=self.service, detail=str(forgotten))
                await asyncio.sleep(_CHECK_SECONDS)
            except (Exception, asyncio.CancelledError) as error:  # the outbox waits
                end_if_asked()
                self._pause = min(self._pause * 2, 5.0)
                log.warning("relay.retry", service=self.service, error=repr(error))
                await asyncio.sleep(self._pause)

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[Connection | None]:
        """The session whose lock makes this process the one relay, if it is; no transaction open.

        PostgreSQL ends that session where it is not heard from for 15 s: a process that stands
        still keeps no other from taking its place.
        """
        async with self.database.system() as connection:
            mine = await _taken(connection)
            self._active.set(mine)
            try:
                yield connection if mine else None
            finally:
                self._active.set(0)
                if mine:
                    await _let_go(connection)

    async def _work(self, lock: Connection) -> None:
        await ensure_topics(self.settings, self.topics)
        sender = producer(self.settings, f"{self.service}.relay")
        looker = probe(self.settings, f"{self.service}.probe")
        try:
            await whole(sender.start())
            await whole(looker.start())
            publisher = Publisher(self.service, self.database, sender)
            await publisher.check_log(looker)
            await demand_memory(
                self.service, self.database, self.settings, self.topics, lambda: _still(lock)
            )
            self._forgotten.set(0)
            await self._loop(lock, publisher, looker)
        finally:
            await asyncio.gather(stop(sender), stop(looker))

    async def _loop(self, lock: Connection, publisher: Publisher, looker: AIOKafkaConsumer) -> None:
        pause = _QUICK
        checked = -_CHECK_SECONDS
        placed: Sequence[asyncpg.Record] = ()
        while True:
            end_if_asked()
            await _still(lock)
            if time.monotonic() - checked > _CHECK_SECONDS:
                await publisher.check_log(looker)
                checked = time.monotonic()
            placed, sent = await self._turn(publisher, placed)
            self._published.inc(sent)
            self._pause = _QUICK
            if sent:
                pause = _QUICK
            else:
                await asyncio.sleep(pause)
                pause = min(pause * 1.2, _IDLE)

    async def _turn(
        self, publisher: Publisher, placed: Sequence[asyncpg.Record]
    ) -> tuple[Sequence[asyncpg.Record], int]:
        """What is numbered is sent at once; while so much is sent that more may wait, that is
        numbered, for the next turn."""
        if not placed:
            placed = await self._number()
        if len(placed) < _BATCH:
            return (), await publisher.publish(_BATCH, placed)
        return await _both(self._number(), publisher.publish(_BATCH, placed))

    async def _number(self) -> Sequence[asyncpg.Record]:
        placed = await sequence(self.service, self.database, _BATCH)
        if placed:
            point("relay.after_sequence")
        return placed


async def _both(one: Awaitable[One], other: Awaitable[Other]) -> tuple[One, Other]:
    """Both at once, each to its end: aiokafka stops badly where nobody waits for an ack."""
    done, also_done = await asyncio.gather(one, other, return_exceptions=True)
    if isinstance(done, BaseException):
        raise done
    if isinstance(also_done, BaseException):
        raise also_done
    return done, also_done


async def _still(lock: Connection) -> None:
    """Fails where the session is gone, and the lock with it."""
    await lock.execute(_STILL)


async def _taken(connection: Connection) -> bool:
    """Whether the lock is ours; a session that may have it though nobody said so is ended."""
    try:
        return bool(await connection.fetchval(_LOCK))
    except BaseException:
        _terminate(connection)
        raise


async def _let_go(connection: Connection) -> None:
    """A session that cannot be asked to unlock is ended, and the lock with it."""
    try:
        await connection.execute(_UNLOCK)
    except Exception:
        _terminate(connection)


def _terminate(connection: Connection) -> None:
    with suppress(asyncpg.InterfaceError):  # the pool has noticed that it is gone
        connection.terminate()
