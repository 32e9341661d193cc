"""Takes away what was sent of messages that are not kept any longer: a schedule of the worker.

What became of them stays, and so does their place: a message that comes again is known for ever.
No event tells of it, and no version moves.
"""

from datetime import datetime, timedelta

from crmkit.db.executor import Executor
from crmkit.db.pool import Database
from crmkit.kernel import clock
from crmkit.kernel.interval import Interval
from crmkit.settings import Settings
from services.leads.inbound.statements import EMPTY

_LOOK = timedelta(hours=1)
_BATCH = 1000


class InboundPruner:
    """Works hourly, a thousand messages a turn."""

    def __init__(self, _: Settings) -> None:
        self._next_look = Interval(_LOOK)

    async def __call__(self, _: Executor, system: Database) -> bool:
        if not self._next_look.due:
            return False
        if await self.prune(system, clock.now()):
            return True
        self._next_look.restart()
        return False

    async def prune(self, system: Database, now: datetime) -> bool:
        """One statement; whether there may be more to take away."""
        async with system.system() as connection:
            done = await connection.execute(EMPTY, now, _BATCH)
        return bool(done == f"UPDATE {_BATCH}")
