"""Writes what became of tries: those that end while others are being written go together, next."""

import asyncio

from crmkit.db.failures import has_to_wait
from crmkit.db.pool import Database
from services.webhooks import leases
from services.webhooks.leases import Key, Tried


class Outcomes:
    """Of one dispatcher. Each caller writes all that waits by then, if its own still does."""

    def __init__(self) -> None:
        self._waiting: dict[Key, Tried] = {}
        self._written: set[Key] = set()
        self._turn = asyncio.Lock()

    async def write(self, system: Database, tried: Tried) -> bool:
        """False, and nothing is written, where the lease was lost meanwhile."""
        self._waiting[tried.key] = tried
        try:
            async with self._turn:
                if tried.key in self._waiting:
                    await self._write(system, tried)
            return tried.key in self._written
        finally:
            self._waiting.pop(tried.key, None)
            self._written.discard(tried.key)

    async def _write(self, system: Database, tried: Tried) -> None:
        """A result that cannot be written stands in no other's way."""
        together = list(self._waiting.values())
        try:
            self._written |= await leases.finish(system, together)
        except Exception as error:
            if has_to_wait(error):
                raise
            together = [tried]
            self._written |= await leases.finish(system, together)
        for each in together:
            self._waiting.pop(each.key, None)
