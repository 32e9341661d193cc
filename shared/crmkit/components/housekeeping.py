"""What every worker does beside its work: partitions ahead, what is old away, queues counted."""

from datetime import datetime, timedelta

from prometheus_client import Gauge

from crmkit.db.executor import Executor
from crmkit.db.pool import Connection, Database
from crmkit.kernel import clock
from crmkit.kernel.interval import Interval
from crmkit.metrics import REGISTRY
from crmkit.settings import Settings

_PARTITIONS = "select crm.event_partitions(12)"
_FORGET = """
delete from idempotency where ctid = any(array(
  select ctid from idempotency where created_at < $1 order by created_at limit 1000))
"""
FORGET_PAST = """
delete from past where ctid = any(array(
  select ctid from past where until < $1 order by until limit 1000))
"""
_KEYS_LIVE = timedelta(hours=48)
_LOOK = timedelta(seconds=5)
_TIDY = timedelta(hours=1)
_QUEUES = {
    "outbox": "select count(*) from (select from outbox limit 1000000) o",
    "unpublished": "select coalesce(max(position), 0) - (select position from relay) from ledger",
    "parked": "select count(*) from parked where replayed_at is null",
    "misplaced_events": "select crm.misplaced_events()",
}
"""Rows that wait or went wrong; `misplaced_events` above 0 means that a month's partition lacks."""

WAITING = Gauge("crm_rows_waiting", "Rows by queue", ["service", "queue"], registry=REGISTRY)
LOOKED = Gauge(
    "crm_worker_looked_timestamp_seconds",
    "When the rows that wait were last counted",
    ["service"],
    registry=REGISTRY,
)


class Housekeeping:
    """A schedule; each turn does what is due."""

    def __init__(self, service: str, settings: Settings) -> None:
        self._past = timedelta(settings.past_days)
        self._gauges = {queue: WAITING.labels(service, queue) for queue in _QUEUES}
        self._looked = LOOKED.labels(service)
        self._next_look, self._next_tidy = Interval(_LOOK), Interval(_TIDY)

    async def __call__(self, _: Executor, system: Database) -> bool:
        if not self._next_look.due:
            return False
        self._next_look.restart()
        now = clock.now()
        async with system.system() as connection:
            await self._look(connection)
            if self._next_tidy.due:
                self._next_tidy.restart()
                await _forget(connection, _FORGET, now - _KEYS_LIVE)
                await _forget(connection, FORGET_PAST, now - self._past)
                await connection.execute(_PARTITIONS)
        self._looked.set(now.timestamp())
        return False

    async def _look(self, connection: Connection) -> None:
        for queue, sql in _QUEUES.items():
            self._gauges[queue].set(await connection.fetchval(sql))


async def _forget(connection: Connection, sql: str, before: datetime) -> None:
    while await connection.execute(sql, before) == "DELETE 1000":
        pass
