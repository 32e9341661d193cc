"""The pool, and the one place that binds a connection to the caller's tenant (law 8)."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import monotonic
from typing import Any, Self
from uuid import UUID

import asyncpg
import msgspec

from crmkit.db.visits import current, take_place
from crmkit.kernel.brief import Brief
from crmkit.kernel.errors import Unavailable
from crmkit.settings import place_of

Connection = asyncpg.pool.PoolConnectionProxy

_BIND = "select set_config('app.tenant_id', $1, false)"
_BIND_LOCAL = "select set_config('app.tenant_id', $1, true)"
AWAY = "database.away"
_ACQUIRE_SECONDS = 2.0
_STREAM_SECONDS = 30.0
"""A stream has nobody who waits for its answer."""
_CLOSE_SECONDS = 3.0
_VISITS = 2
"""Requests at work for each connection: while one has it, another makes use of the processor."""
_OF_STREAMS = 4
"""One connection of so many is at work for streams, however many these are."""

_LONGEST_REST = 1800.0
_MOST_LOANS = 1000
"""Then the pool looks after the connection."""


class Bound(asyncpg.Connection):
    """A connection that remembers which tenant it was last bound to."""

    __slots__ = ("loans", "tenant")
    tenant: UUID | None
    loans: int

    async def bind(self, tenant: UUID) -> None:
        """Bind to the tenant; a round trip only when the last caller was another one.

        Forgets before it sets and remembers after, so that a cancelled call leaves no wrong
        memory behind. Never inside a transaction: a rollback would undo the setting unseen.
        """
        if self.tenant == tenant:
            return
        self.tenant = None
        await self.execute(_BIND, str(tenant))
        self.tenant = tenant

    def may_rest(self) -> bool:
        """Whether it may be lent again at once, which is counted."""
        self.loans = (self.loans + 1) % _MOST_LOANS
        return self.loans > 0


class Database:
    """One asyncpg pool per process, service and role.

    Connections rest here between two loans: the pool's own release makes a task, a timer and a
    proxy each time, 30 us, and lets who comes just then go before who waits. They go back to the
    pool where a loan ended badly, and now and then.
    """

    def __init__(self, pool: asyncpg.Pool, *, pooler: bool, where: str = "") -> None:
        self.pool = pool
        self.where = where
        self.pooler = pooler
        self._resting: deque[tuple[Any, float]] = deque()
        self._loans = asyncio.Semaphore(pool.get_max_size())
        self.places = asyncio.Semaphore(_VISITS * pool.get_max_size())
        self.places_of_streams = asyncio.Semaphore(max(1, pool.get_max_size() // _OF_STREAMS))
        self.memory: Brief[tuple[UUID, object], Any] = Brief()
        """Copies of copies, seconds old at most; see `components.directory`."""

    @classmethod
    async def open(cls, dsn: str, *, size: int, name: str, pooler: bool = False) -> Self:
        """A pool that connects when it is asked, so that processes may start before PostgreSQL."""
        pool = await asyncpg.create_pool(
            dsn,
            min_size=0,
            max_size=size,
            connection_class=Bound,
            init=_prepare,
            reset=_keep,
            command_timeout=10,
            statement_cache_size=0 if pooler else 512,
            max_inactive_connection_lifetime=_LONGEST_REST,
            server_settings={"application_name": name, "timezone": "UTC"} | _LIMITS,
        )
        return cls(pool, pooler=pooler, where=place_of(dsn))

    def lend(self, tenant: UUID) -> "Lent":
        """A connection that sees this tenant's rows and no others."""
        return Lent(self, tenant)

    def system(self) -> "Lent":
        """A connection for work across tenants; only the system role sees anything by it."""
        return Lent(self, None)

    @asynccontextmanager
    async def transaction(self, tenant: UUID | None = None) -> AsyncIterator[Connection]:
        """A transaction, for what must read with locks, and for relay and consumer."""
        lent = self.lend(tenant) if tenant else self.system()
        async with lent as connection, connection.transaction():
            yield connection

    async def together(self, tenant: UUID, *steps: tuple[Any, ...]) -> bool:
        """Statements in one transaction, each with what follows the tenant in its parameters.

        False, and nothing written, where the first finds no row.
        """
        (lock, *held), *others = steps
        async with self.transaction(tenant) as connection:
            if await connection.fetchrow(lock, tenant, *held) is None:
                return False
            for sql, *arguments in others:
                await connection.execute(sql, tenant, *arguments)
        return True

    async def close(self) -> None:
        """Close, or cut the connections after three seconds."""
        while self._resting:
            await self.pool.release(self._resting.pop()[0])
        try:
            async with asyncio.timeout(_CLOSE_SECONDS):
                await self.pool.close()
        except TimeoutError:
            self.pool.terminate()

    async def borrow(self) -> Connection:
        """A connection, first come, first served; Unavailable where none comes free within two
        seconds, or no place for one more request (for a stream: within thirty)."""
        visit = current()
        try:
            if visit is not None and visit.lasts:
                await visit.enter(self.places_of_streams, _STREAM_SECONDS)
            elif visit is not None:
                await visit.enter(self.places, _ACQUIRE_SECONDS)
            await take_place(self._loans, _ACQUIRE_SECONDS)
            try:
                return await self._next()
            except BaseException:
                self._loans.release()
                raise
        except (TimeoutError, OSError, asyncpg.PostgresConnectionError) as error:
            raise self._away(error) from error

    async def _next(self) -> Connection:
        while self._resting:
            connection, since = self._resting.pop()
            if monotonic() - since < _LONGEST_REST and _is_open(connection):
                found: Connection = connection
                return found
            await self._retire(connection)
        if self.pool.get_idle_size():
            return await self.pool.acquire()
        return await self.pool.acquire(timeout=_ACQUIRE_SECONDS)

    def _away(self, error: Exception) -> Unavailable:
        """Where it is looked for, and what came of it, is told in our own logs only."""
        cause = f"{self.where}: {str(error) or type(error).__name__}"
        return Unavailable("the database is busy or away", code=AWAY, cause=cause)

    async def give_back(self, connection: Connection, *, sound: bool) -> None:
        """End a loan; `sound` where nothing was raised."""
        resting: Any = connection
        fit = sound and not self.pool.is_closing() and _is_open(resting) and resting.may_rest()
        try:
            if fit:
                await self._rest(connection)
            elif _is_open(resting) and resting.is_in_transaction():
                await self._retire(resting)  # its end was not heard of; that of the session is
            else:
                await self.pool.release(connection)
        finally:
            self._loans.release()

    async def _rest(self, connection: Connection) -> None:
        now = monotonic()
        self._resting.append((connection, now))
        if now - self._resting[0][1] > _LONGEST_REST:  # of a burst that nobody needs any more
            await self._retire(self._resting.popleft()[0])

    async def _retire(self, connection: Any) -> None:
        if _is_open(connection):
            connection.terminate()
        await self.pool.release(connection)


def _is_open(connection: Any) -> bool:
    """The pool takes a connection that was closed out of its proxy."""
    return connection._con is not None and not connection.is_closed()


class Lent:
    """One loan of a connection, bound to its tenant. A class, for a generator costs twice."""

    __slots__ = ("_connection", "_database", "_tenant", "_transaction")

    def __init__(self, database: Database, tenant: UUID | None) -> None:
        self._database = database
        self._tenant = tenant
        self._transaction: Any = None

    async def __aenter__(self) -> Connection:
        self._connection = connection = await self._database.borrow()
        try:
            if self._tenant is not None:
                await self._bind(connection, self._tenant)
        except BaseException:
            await self._database.give_back(connection, sound=False)
            raise
        return connection

    async def __aexit__(self, *raised: Any) -> None:
        sound = False
        try:
            if self._transaction is not None:
                await self._transaction.__aexit__(*raised)
            sound = not any(raised)
        finally:
            await self._database.give_back(self._connection, sound=sound)

    async def _bind(self, connection: Connection, tenant: UUID) -> None:
        if not self._database.pooler:
            await connection.bind(tenant)  # type: ignore[attr-defined]  # the pool's connections are Bound
            return
        transaction = connection.transaction()
        await transaction.__aenter__()
        self._transaction = transaction
        await connection.execute(_BIND_LOCAL, str(tenant))


_LIMITS = {
    "statement_timeout": "8s",
    "lock_timeout": "2s",
    "idle_in_transaction_session_timeout": "15s",
    "transaction_timeout": "30s",
    "jit": "off",
    "enable_seqscan": "off",
}
"""What every connection is held to. Sequential scans are discouraged because plans are cached: one
made while a table was empty would scan it for as long as nobody analyses it."""


async def _prepare(connection: Any) -> None:
    connection.tenant = None
    connection.loans = 0
    await prepare(connection)


async def prepare(connection: Any) -> None:
    """Teach a connection how documents are written."""
    await connection.set_type_codec(
        "jsonb", schema="pg_catalog", encoder=encode, decoder=msgspec.json.decode
    )


async def _keep(_: Any) -> None:
    """In place of asyncpg's reset, whose RESET ALL would unbind the tenant at every release."""


def encode(value: Any) -> str:
    """JSON for a jsonb column."""
    return msgspec.json.encode(value, enc_hook=str).decode()
