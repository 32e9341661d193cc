"""Sends the surveys that are due: a schedule of the worker.

Each is a row with a due time, and the command sends it once, so any number of workers may do it.
"""

from datetime import timedelta

from crmkit.db.executor import Call, Executor
from crmkit.db.pool import Database
from crmkit.kernel import clock
from crmkit.kernel.actor import system as system_actor
from crmkit.kernel.interval import Interval
from crmkit.settings import Settings
from services.leads.survey.commands import send_survey
from services.leads.survey.queries import DUE

_LOOK = timedelta(seconds=15)


class SurveyClock:
    """Each turn sends the next surveys."""

    def __init__(self, _: Settings) -> None:
        self._next_look = Interval(_LOOK)

    async def __call__(self, executor: Executor, system: Database) -> bool:
        if not self._next_look.due:
            return False
        async with system.system() as connection:
            due = await connection.fetch(DUE, clock.now())
        for survey in due:
            call = Call(system_actor(survey["tenant_id"]))
            await executor.write(call, send_survey, survey["id"])
        if not due:
            self._next_look.restart()
        return bool(due)
