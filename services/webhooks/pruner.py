"""Takes away what is over and old: a schedule of the worker.

Nothing that waits is lost without a word: what has waited for its endpoint as long as deliveries
are kept is given up with that reason, and goes one such time later. What an ordered endpoint's
later events wait for stays until somebody replays or skips it.
"""

from datetime import datetime, timedelta

from crmkit.db.executor import Executor
from crmkit.db.pool import Database
from crmkit.kernel import clock
from crmkit.kernel.interval import Interval
from crmkit.settings import Settings
from services.webhooks.settings import WebhookSettings

_EVERY = timedelta(hours=1)
_BATCH = 1000
_GIVE_UP = """
with old as (
  select tenant_id, id from webhook_delivery
  where state = 'paused' and created_at < $1 limit $2
  for update skip locked
)
update webhook_delivery d set state = 'exhausted', live = false, updated_at = $3,
  last_error = 'waited too long for its endpoint'
from old where d.tenant_id = old.tenant_id and d.id = old.id
"""
_DELIVERIES = """
with old as (
  select tenant_id, id from webhook_delivery
  where created_at < $1 and updated_at < $1 and not live
    and state in ('delivered', 'exhausted', 'skipped')
  limit $2
  for update skip locked
)
delete from webhook_delivery d using old where d.tenant_id = old.tenant_id and d.id = old.id
"""
_ATTEMPTS = """
with old as (
  select tenant_id, id from webhook_attempt where created_at < $1 limit $2
)
delete from webhook_attempt a using old where a.tenant_id = old.tenant_id and a.id = old.id
"""
_FEED = """
with old as (
  select tenant_id, id from feed_event where recorded_at < $1 limit $2
), gone as (
  delete from feed_event f using old where f.tenant_id = old.tenant_id and f.id = old.id
  returning f.tenant_id, f.cursor, f.recorded_at
), trimmed as (
  insert into feed_trim (tenant_id, id, version, created_at, updated_at, cursor,
    recorded_at)
  select tenant_id, tenant_id, 1, $3, $3, max(cursor), max(recorded_at)
  from gone group by tenant_id
  on conflict (tenant_id, id) do update
  set cursor = greatest(feed_trim.cursor, excluded.cursor), updated_at = $3,
    recorded_at = greatest(feed_trim.recorded_at, excluded.recorded_at)
)
select count(*) from gone
"""


class Pruner:
    """Works hourly, a thousand rows a statement."""

    def __init__(self, settings: Settings) -> None:
        knobs = settings if isinstance(settings, WebhookSettings) else WebhookSettings.load()
        self._keep = timedelta(days=knobs.webhook_keep_days)
        self._keep_feed = timedelta(days=knobs.webhook_feed_days)
        self._next = Interval(_EVERY)

    async def __call__(self, _: Executor, system: Database) -> bool:
        if not self._next.due:
            return False
        if await self.prune(system, clock.now()):
            return True
        self._next.restart()
        return False

    async def prune(self, system: Database, now: datetime) -> bool:
        """One statement for each kind; whether there may be more to take away."""
        limit = now - self._keep
        async with system.system() as connection:
            done = [
                await connection.execute(_GIVE_UP, limit, _BATCH, now),
                await connection.execute(_DELIVERIES, limit, _BATCH),
                await connection.execute(_ATTEMPTS, limit, _BATCH),
            ]
            if self._keep_feed:
                gone = await connection.fetchval(_FEED, now - self._keep_feed, _BATCH, now)
                done.append(f"DELETE {gone}")
        return any(each.endswith(f" {_BATCH}") for each in done)
