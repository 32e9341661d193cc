"""Workers of imports, exports and undos that are killed at their commits."""

from typing import Any
from uuid import UUID

from crmkit.components.jobs.runner import JobRunner
from crmkit.components.jobs.subject import Jobs
from crmkit.db.executor import Executor
from crmkit.db.pool import Database
from crmkit.db.writing import Tx
from crmkit.testing.house import Caller, House
from services.leads.lead.commands import JOBS


class Killed(BaseException):
    """What kill -9 leaves: nothing runs on."""


class Cuts:
    """Commits, of each `every` of which the one in place `before` ends before it is written, and
    the last one after."""

    def __init__(self, executor: Executor, every: int, before: int) -> None:
        self._commit, self._every, self._before = executor.commit, every, before
        self.count = 0

    async def __call__(self, tx: Tx) -> None:
        self.count += 1
        if self.count % self._every == self._before:
            raise Killed
        await self._commit(tx)
        if self.count % self._every == 0:
            raise Killed


async def survived(
    house: House, caller: Caller, job: dict[str, Any], jobs: Jobs = JOBS
) -> dict[str, Any]:
    """The job once it has ended, by turns of workers each of which may be killed."""
    system, path = await house.system("leads"), f"/v1/leads/{job['kind']}s/{job['id']}"
    while True:
        runner = JobRunner(jobs)
        try:
            await runner(caller.executor, system)
        except Killed:
            await expire(system, job)
        finally:
            runner.close()
        shown: dict[str, Any] = (await caller.get(path)).json()
        if shown["state"] not in {"waiting", "running", "undoing"}:
            return shown


async def expire(system: Database, job: dict[str, Any]) -> None:
    """Whoever worked at the job is gone for so long that another may take it over."""
    async with system.system() as connection:
        ended = "update lead_job set lease_until = null where id = $1"
        await connection.execute(ended, UUID(job["id"]))
