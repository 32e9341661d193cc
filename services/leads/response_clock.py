"""首次响应 tells of leads that nobody answered in time: a schedule of the worker.

Each such lead is a row with a due time, and the command tells once, so it may die anywhere and any
number of workers may do it.
"""

from datetime import timedelta

from crmkit.db.executor import Call, Executor
from crmkit.db.pool import Database
from crmkit.kernel import clock
from crmkit.kernel.actor import system as system_actor
from crmkit.kernel.interval import Interval
from crmkit.settings import Settings
from services.leads.lead.commands import mark_overdue
from services.leads.lead.queries import OVERDUE

_LOOK = timedelta(seconds=15)


class ResponseClock:
    """Each turn tells of the next leads that are overdue."""

    def __init__(self, _: Settings) -> None:
        self._next_look = Interval(_LOOK)

    async def __call__(self, executor: Executor, system: Database) -> bool:
        if not self._next_look.due:
            return False
        async with system.system() as connection:
            due = await connection.fetch(OVERDUE, clock.now())
        for lead in due:
            call = Call(system_actor(lead["tenant_id"]))
            await executor.write(call, mark_overdue, lead["id"])
        if not due:
            self._next_look.restart()
        return bool(due)
