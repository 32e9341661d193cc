"""How many deliveries are due and wait, and how many were given up; for the operators' alerts."""

from datetime import timedelta

from crmkit.components.housekeeping import WAITING
from crmkit.db.executor import Executor
from crmkit.db.pool import Database
from crmkit.kernel.interval import Interval
from crmkit.settings import Settings

_EVERY = timedelta(seconds=5)
_DUE = """
select count(*) from (
  select from webhook_delivery d join endpoint e
    on e.tenant_id = d.tenant_id and e.id = d.endpoint_id
  where d.state = 'pending' and d.next_at < now() - interval '10 s'
    and e.status = 'active' and e.deleted_at is null
  limit 100000) late
"""


class Backlog:
    """A schedule; counts what should have been tried ten seconds ago."""

    def __init__(self, _: Settings) -> None:
        self._gauge = WAITING.labels("webhooks", "webhooks_late")
        self._next = Interval(_EVERY)

    async def __call__(self, _: Executor, system: Database) -> bool:
        if self._next.due:
            self._next.restart()
            async with system.system() as connection:
                self._gauge.set(await connection.fetchval(_DUE))
        return False
