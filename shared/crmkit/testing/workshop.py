"""Where relays and consumers of a house of tests work: a loop in a thread of its own.

The tests' loop stands still while a test runs that is no coroutine. A consumer on it would miss its
heartbeats, and one that stands still while the embedded broker lets it in blocks its group for
ever.
"""

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any

from crmkit.db.executor import Executor
from crmkit.db.pool import Database
from crmkit.messaging.consumer import Consumer
from crmkit.messaging.relay import Relay
from crmkit.service import Service
from crmkit.worker import end

_EMPTY_WITHIN = 10.0
"""Seconds."""


class Workshop:
    """Begun by the first duty, until it is closed; and by the next one again."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._duties: list[asyncio.Task[None]] = []
        self._databases: list[Database] = []

    async def do(self, what: Coroutine[Any, Any, None]) -> None:
        """Have it done there, and wait for it here."""
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
            self._thread.start()
        await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(what, self._loop))

    async def begin(self, service: Service) -> None:
        """Relay and consumer of a service, without its schedules; to be done there."""
        settings = service.settings.load()
        system, app = [
            await Database.open(
                settings.dsn(service.name, role), size=6, name=f"test.{service.name}.worker.{role}"
            )
            for role in ("system", "app")
        ]
        self._databases += [system, app]
        relay = Relay(service.name, system, settings, service.topics)
        consumer = Consumer(
            service.name,
            settings,
            system,
            Executor(app, service.policy),
            folds=service.folds,
            reactions=service.reactions,
        )
        self._duties += [asyncio.create_task(duty) for duty in (relay.run(), consumer.run())]

    async def close(self) -> None:
        if self._loop is None or self._thread is None:
            return
        await self.do(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        await asyncio.to_thread(self._thread.join)
        self._loop.close()
        self._loop = self._thread = None

    async def _end(self) -> None:
        await end(self._duties)
        await asyncio.gather(*(database.close() for database in self._databases))
        self._duties.clear()
        self._databases.clear()
        await _empty()


async def _empty() -> None:
    """Wait for clients of the broker that still stop: what this loop has open when it is closed is
    closed by nobody, and found within whatever test runs then."""
    left = asyncio.all_tasks() - {asyncio.current_task()}
    if left:
        _, left = await asyncio.wait(left, timeout=_EMPTY_WITHIN)
    for task in left:
        task.cancel()
    if left:
        await asyncio.wait(left, timeout=_EMPTY_WITHIN)
