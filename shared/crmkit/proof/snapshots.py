"""Snapshots of services' databases: one instant for all that a check reads."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

import asyncpg

from crmkit.db.pool import Connection, prepare
from crmkit.service import Service

_PATIENT = {
    "timezone": "UTC",
    "application_name": "crm.proof",
    "statement_timeout": "0",
    "transaction_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "lock_timeout": "30s",
    "jit": "off",
}


@asynccontextmanager
async def connected(service: Service) -> AsyncIterator[Connection]:
    """A connection of the service's system role without the limits of those that serve requests."""
    dsn = service.settings.load().dsn(service.name, "system")
    connection = await asyncpg.connect(dsn, timeout=10, server_settings=_PATIENT)
    await prepare(connection)
    try:
        yield cast("Connection", connection)
    finally:
        await connection.close(timeout=10)


@asynccontextmanager
async def snapshot(service: Service) -> AsyncIterator[Connection]:
    """What the database held at one instant, read only."""
    async with (
        connected(service) as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        await connection.execute("select")  # the snapshot is taken by the first statement
        yield connection
