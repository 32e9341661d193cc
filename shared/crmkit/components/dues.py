"""What is due for rows of all tenants: a schedule finds them and does it, row by row.

A row that cannot be done is put off, for longer each time, and stands in no other's way: its reason
is counted by `crm_schedule_postponed`, and kept with the row in `postponed`.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar

import asyncpg
import structlog
from prometheus_client import Gauge

from crmkit.db.executor import Call, Command, Executor
from crmkit.db.pool import Database
from crmkit.kernel import clock
from crmkit.kernel.actor import system as system_actor
from crmkit.kernel.errors import CrmError
from crmkit.kernel.interval import Interval
from crmkit.metrics import REGISTRY
from crmkit.settings import Settings

_MOST, _OF_A_TENANT = 100, 25
_FIRST, _LONGEST = timedelta(seconds=5), timedelta(hours=1)
_LONGEST_DETAIL = 500
_NONE = "none"
"""No reason: always zero, so that whoever asks for the metric finds it before its first row."""

_PUT_OFF = """
insert into postponed as p (tenant_id, schedule, id, tries, reason, detail, since, next_at)
values ($1, $2, $3, 1, $4, $5, $6, $7)
on conflict (tenant_id, schedule, id) do update set
  tries = p.tries + 1, reason = excluded.reason, detail = excluded.detail,
  next_at = excluded.next_at
"""
_DONE = "delete from postponed where tenant_id = $1 and schedule = $2 and id = $3"
_FORGET = "delete from postponed where schedule = $1 and next_at <= $2"
_COUNT = "select reason, count(*) from postponed where schedule = $1 group by reason"
POSTPONED = Gauge(
    "crm_schedule_postponed",
    "Rows that a schedule could not do and tries again later, by the code or class of the reason.",
    ["service", "schedule", "reason"],
    registry=REGISTRY,
)
log = structlog.get_logger()


class Dues:
    """A schedule; each turn does the next rows that are due, and where there are none, it looks
    again after `every`.

    Several workers, and one that died anywhere, do nothing twice where the command moves or takes
    away what makes its row due.
    """

    service: ClassVar[str]
    schedule: ClassVar[str]
    every: ClassVar[timedelta]
    looks: ClassVar[Sequence[str]]
    """Statements as `db.leaping.due_rows` makes them."""

    command: ClassVar[Command[..., Any]]
    """Takes the row's id."""

    at_once: ClassVar[int] = 1
    """How many rows of one look `do` is given."""

    def __init__(self, _: Settings) -> None:
        self._next_look = Interval(self.every)
        self._counted = {_NONE}

    async def __call__(self, executor: Executor, system: Database) -> bool:
        if not self._next_look.due:
            return False
        now = clock.now()
        due = await self._look(system, now)
        for first in range(0, len(due), self.at_once):
            await self._try(executor, system, due[first : first + self.at_once])
        await self._count(system, None if due else now)
        if not due:
            self._next_look.restart()
        return bool(due)

    async def do(
        self,
        executor: Executor,
        system: Database,  # noqa: ARG002 - for what is no command
        rows: Sequence[asyncpg.Record],
    ) -> None:
        """What is to be done for these rows: all of it, or an error and none of it."""
        for row in rows:
            call = Call(system_actor(row["tenant_id"]))
            await executor.write(call, type(self).command, row["id"])

    async def _look(self, system: Database, now: datetime) -> list[asyncpg.Record]:
        most = max(_MOST, self.at_once)
        share = max(_OF_A_TENANT, self.at_once)
        async with system.system() as connection:
            found = [
                await connection.fetch(sql, now, self.schedule, share, most) for sql in self.looks
            ]
        return [row for rows in found for row in rows]

    async def _try(
        self, executor: Executor, system: Database, rows: Sequence[asyncpg.Record]
    ) -> None:
        """Do them, or one by one where one of them cannot be done; an error where it cannot even
        be noted, since then the database is away."""
        try:
            await self.do(executor, system, rows)
        except Exception as error:  # the others wait
            if len(rows) == 1:
                await self._put_off(system, rows[0], error)
                return
            for row in rows:
                await self._try(executor, system, [row])
            return
        for row in rows:
            if row["tries"]:
                async with system.system() as connection:
                    await connection.execute(_DONE, row["tenant_id"], self.schedule, row["id"])

    async def _put_off(self, system: Database, row: asyncpg.Record, error: Exception) -> None:
        now, reason = clock.now(), _reason(error)
        detail = str(error)[:_LONGEST_DETAIL].replace("\0", "")
        pause = min(_FIRST * 2 ** min(row["tries"], 20), _LONGEST)
        about = (row["tenant_id"], self.schedule, row["id"])
        async with system.system() as connection:
            await connection.execute(_PUT_OFF, *about, reason, detail, now, now + pause)
        log.warning(
            "schedule.postponed",
            schedule=self.schedule,
            tenant=str(row["tenant_id"]),
            row=str(row["id"]),
            reason=reason,
            error=detail,
        )

    async def _count(self, system: Database, idle_since: datetime | None) -> None:
        """Tell how many rows wait by reason. Where nothing was due, rows that might be tried again
        by then are not due any more: somebody else has done them, or they are gone."""
        async with system.system() as connection:
            if idle_since is not None:
                await connection.execute(_FORGET, self.schedule, idle_since)
            found = await connection.fetch(_COUNT, self.schedule)
        counts = {each["reason"]: each["count"] for each in found}
        self._counted |= counts.keys()
        for reason in self._counted:
            POSTPONED.labels(self.service, self.schedule, reason).set(counts.get(reason, 0))


def _reason(error: Exception) -> str:
    """A word of few, for a metric has a line for each."""
    return error.code if isinstance(error, CrmError) else type(error).__name__
