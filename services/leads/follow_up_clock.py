"""跟进提醒 moves follow-ups on: a schedule of the worker.

What is due is a row's own instant, which each step moves or takes away, so several workers, and one
that died anywhere, do nothing twice.
"""

from datetime import timedelta

from crmkit.db.executor import Call, Executor
from crmkit.db.pool import Database
from crmkit.kernel import clock
from crmkit.kernel.actor import system as system_actor
from crmkit.kernel.interval import Interval
from crmkit.settings import Settings
from services.leads.followup.commands import advance_follow_up
from services.leads.followup.queries import CLOSED, DUE

_LOOK = timedelta(seconds=15)


class FollowUpClock:
    """Each turn moves on the plans that are due, and stops those whose lead was closed."""

    def __init__(self, _: Settings) -> None:
        self._next_look = Interval(_LOOK)

    async def __call__(self, executor: Executor, system: Database) -> bool:
        if not self._next_look.due:
            return False
        async with system.system() as connection:
            due = [*await connection.fetch(DUE, clock.now()), *await connection.fetch(CLOSED)]
        for plan in due:
            call = Call(system_actor(plan["tenant_id"]))
            await executor.write(call, advance_follow_up, plan["id"])
        if not due:
            self._next_look.restart()
        return bool(due)
