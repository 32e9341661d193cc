"""回收 warns of leads whose protection runs out, and puts them back: a schedule of the worker.

What is due is a row's own instant, which each step moves or takes away, so several workers and one
that died anywhere do nothing twice.
"""

from datetime import timedelta

from crmkit.db.executor import Call, Executor
from crmkit.db.pool import Database
from crmkit.kernel import clock
from crmkit.kernel.actor import system as system_actor
from crmkit.kernel.interval import Interval
from crmkit.settings import Settings
from services.leads.claim.commands import recycle_lead
from services.leads.claim.statements import DUE

_BATCH = 100
_EVERY = timedelta(seconds=5)


class Recycler:
    """Each turn does what is due for a hundred leads; when nothing is left, it looks again after
    five seconds."""

    def __init__(self, _: Settings) -> None:
        self._next = Interval(_EVERY)

    async def __call__(self, executor: Executor, system: Database) -> bool:
        if not self._next.due:
            return False
        async with system.system() as connection:
            due = await connection.fetch(DUE, clock.now(), _BATCH)
        for lead in due:
            await executor.write(Call(system_actor(lead["tenant_id"])), recycle_lead, lead["id"])
        if len(due) == _BATCH:
            return True
        self._next.restart()
        return False
