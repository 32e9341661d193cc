"""When keys were last used: noted in memory by each process, written by it once a minute at most.

A process that is killed loses a minute of notes and nothing else. A row and its event are written
only where the key was not seen for ten minutes, so that busy keys do not fill the ledger.
"""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog

from crmkit.db.pool import Database
from crmkit.events.envelope import canonical
from crmkit.events.keys import key_used
from crmkit.kernel import clock, ids

_NOTE = """
with noted as (
  insert into key_use as u (tenant_id, id, version, used_at) values ($1, $2, 1, $3)
  on conflict (tenant_id, id) do update set version = u.version + 1, used_at = excluded.used_at
  where u.used_at <= excluded.used_at - interval '10 minutes'
  returning version
), told as (
  insert into event (tenant_id, id, aggregate, aggregate_id, version, type, occurred_at,
    recorded_at, actor, data, salt, digest)
  select $1, $4, $5, $2, version, $6, $3, $11, $7, $8, $9, $10 from noted
  returning id
)
insert into outbox (tenant_id, event_id) select $1, id from told
"""
_EVERY_SECONDS = 60.0
_log = structlog.get_logger()
Uses = Mapping[tuple[UUID, UUID], datetime]


class KeyUses:
    """Writes for one process what its keyring noted, in the database of one of its services."""

    def __init__(self, service: str, database: Callable[[], Database], take: Callable[[], Uses]):
        self._event = key_used(service)
        self._database = database
        self._take = take

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Write once a minute for as long as the block runs, and once more at its end."""
        loop = asyncio.create_task(self._run())
        try:
            yield
        finally:
            loop.cancel()
            with suppress(asyncio.CancelledError):
                await loop
            await self.flush()

    async def flush(self) -> None:
        """Write what was noted since; what cannot be written is let go, with a line in the log."""
        for (tenant_id, key_id), used_at in self._take().items():
            try:
                await self._write(tenant_id, key_id, used_at.replace(second=0, microsecond=0))
            except Exception as error:  # whatever it was, the next use is noted again
                _log.warning("key_use.lost", error=repr(error))

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(_EVERY_SECONDS)
            await self.flush()

    async def _write(self, tenant_id: UUID, key_id: UUID, used_at: datetime) -> None:
        state: dict[str, Any] = {"id": key_id, "used_at": used_at}
        data, salt = canonical({"state": state, "changed": {}}), os.urandom(16)
        async with self._database().lend(tenant_id) as connection:
            await connection.execute(
                _NOTE,
                tenant_id,
                key_id,
                used_at,
                ids.new(),
                self._event.aggregate,
                self._event.type,
                f"key:{key_id}",
                data.decode(),
                salt,
                hashlib.sha256(salt + data).digest(),
                clock.now(),
            )
