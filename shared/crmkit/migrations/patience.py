"""How a migration gets its locks while traffic goes on: it asks for a second, and again later.

Whoever waits for a table's strongest lock stands before all who come after, readers too. So no
statement waits longer than a second, and what did not get its lock is tried again after a pause.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import asyncpg
import structlog
from sqlalchemy.exc import DBAPIError

from crmkit.kernel.errors import Unavailable
from crmkit.settings import place_of

LIMITS = {"lock_timeout": "1s", "application_name": "crm.migrate"}
_TRIES = 60
_LONGEST_PAUSE = 10.0
_BUSY = frozenset({"55P03", "40P01"})  # no lock in time; a deadlock, which PostgreSQL ended
_SHUT = ("28", "3D", "57P03")
"""SQLSTATE prefixes: no such role or a wrong password, no such database, still starting."""

_LOCK = "select pg_advisory_lock(hashtext('crm.migrate'))"
log = structlog.get_logger()


async def patiently(work: Callable[[], Awaitable[None]]) -> None:
    """Do it; where locks are held, again for as long as ten minutes, and then raise."""
    for attempt in range(1, _TRIES + 1):
        try:
            return await work()
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", "") not in _BUSY or attempt == _TRIES:
                raise
            log.info("migrate.retry", attempt=attempt, error=str(error.orig)[:200])
        await asyncio.sleep(min(_LONGEST_PAUSE, 0.2 * 1.5**attempt))
    return None


@asynccontextmanager
async def reached(dsn: str) -> AsyncIterator[None]:
    """Unavailable `database.away` names the database that does not let us in, and why not."""
    try:
        yield
    except (OSError, asyncpg.PostgresError, DBAPIError) as error:
        why = getattr(error, "orig", error)
        state = getattr(why, "sqlstate", None) or ""
        if not isinstance(error, OSError) and not state.startswith(_SHUT):
            raise
        cause, code = f"{place_of(dsn)}: {why}", "database.away"
        raise Unavailable("the database cannot be reached", code=code, cause=cause) from error


@asynccontextmanager
async def alone(dsn: str) -> AsyncIterator[asyncpg.Connection]:
    """Nobody else migrates this database meanwhile; a lock of a session that reads no table."""
    connection = await asyncpg.connect(dsn.replace("+asyncpg", "", 1))
    try:
        await connection.execute(_LOCK)
        yield connection
    finally:
        await connection.close()
