"""The pool, and the one place that binds a connection to the caller's tenant (law 8)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Self
from uuid import UUID

import asyncpg
import msgspec

from crmkit.kernel.errors import Unavailable

Connection = asyncpg.pool.PoolConnectionProxy

_BIND = "select set_config('app.tenant_id', $1, false)"
_BIND_LOCAL = "select set_config('app.tenant_id', $1, true)"
_ACQUIRE_SECONDS = 2.0
_CLOSE_SECONDS = 3.0


class Bound(asyncpg.Connection):
    """A connection that remembers which tenant it was last bound to."""

    __slots__ = ("tenant",)
    tenant: UUID | None

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


class Database:
    """One asyncpg pool per process, service and role."""

    def __init__(self, pool: asyncpg.Pool, *, pooler: bool) -> None:
        self.pool = pool
        self._pooler = pooler

    @classmethod
    async def open(cls, dsn: str, *, size: int, name: str, pooler: bool = False) -> Self:
        """Connect; Unavailable where PostgreSQL does not answer."""
        try:
            pool = await asyncpg.create_pool(
                dsn,
                min_size=1,
                max_size=size,
                connection_class=Bound,
                init=_prepare,
                reset=_keep,
                command_timeout=10,
                statement_cache_size=0 if pooler else 512,
                max_inactive_connection_lifetime=1800,
                server_settings={"application_name": name, "timezone": "UTC"} | _LIMITS,
            )
        except (OSError, asyncpg.PostgresError, TimeoutError) as error:
            raise Unavailable(f"no database: {type(error).__name__}", code="database.away") from error
        return cls(pool, pooler=pooler)

    @asynccontextmanager
    async def lend(self, tenant: UUID) -> AsyncIterator[Connection]:
        """A connection that sees this tenant's rows and no others."""
        async with self._acquire() as connection:
            if self._pooler:
                async with connection.transaction():
                    await connection.execute(_BIND_LOCAL, str(tenant))
                    yield connection
            else:
                await connection.bind(tenant)  # type: ignore[attr-defined]
                yield connection

    @asynccontextmanager
    async def system(self) -> AsyncIterator[Connection]:
        """A connection for work across tenants; only the system role sees anything by it."""
        async with self._acquire() as connection:
            yield connection

    @asynccontextmanager
    async def transaction(self, tenant: UUID | None = None) -> AsyncIterator[Connection]:
        """A transaction, for what must read with locks, and for relay and consumer."""
        async with self.lend(tenant) if tenant else self.system() as connection:
            async with connection.transaction():
                yield connection

    async def close(self) -> None:
        """Close, or cut the connections after three seconds."""
        try:
            await asyncio.wait_for(self.pool.close(), _CLOSE_SECONDS)
        except TimeoutError:
            self.pool.terminate()

    @asynccontextmanager
    async def _acquire(self) -> AsyncIterator[Connection]:
        try:
            connection = await self.pool.acquire(timeout=_ACQUIRE_SECONDS)
        except (TimeoutError, OSError, asyncpg.PostgresConnectionError) as error:
            raise Unavailable("the database is busy or away", code="database.away") from error
        try:
            yield connection
        finally:
            await asyncio.shield(self.pool.release(connection))


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
    await connection.set_type_codec(
        "jsonb", schema="pg_catalog", encoder=encode, decoder=msgspec.json.decode
    )


async def _keep(_: Any) -> None:
    """In place of asyncpg's reset, whose RESET ALL would unbind the tenant at every release."""


def encode(value: Any) -> str:
    """JSON for a jsonb column."""
    return msgspec.json.encode(value, enc_hook=str).decode()
