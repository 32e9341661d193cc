"""The worker's side of jobs: a turn takes one of them a little further, each tenant in its turn."""

import asyncio
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import IO
from uuid import UUID

import structlog

from crmkit.components.jobs.exporter import export_some
from crmkit.components.jobs.importer import Importer, Row, import_some
from crmkit.components.jobs.models import UNFINISHED, Job, JobKind, JobState, PartKind
from crmkit.components.jobs.pieces import pieces
from crmkit.components.jobs.sheets import Malformed, Sheet, read_rows
from crmkit.components.jobs.subject import LEASE, Bench, Jobs, Lost, threaded
from crmkit.components.jobs.undoing import undo_some
from crmkit.db.executor import Executor
from crmkit.db.failures import has_to_wait
from crmkit.db.pool import Database
from crmkit.db.rows import plan, row
from crmkit.kernel import clock
from crmkit.kernel.errors import CrmError, Stale
from crmkit.kernel.interval import Interval

_SLICE_SECONDS = 1.0
_TIDY = timedelta(hours=1)
_FILES_LIVE, _RESULTS_LIVE = timedelta(days=7), timedelta(days=30)
_FIRST_ROW = 2
log = structlog.get_logger()


@dataclass(slots=True)
class _Open:
    """A file that is being read, and how far."""

    job_id: UUID
    done: int
    file: IO[bytes]
    rows: Iterator[Row]


class JobRunner:
    """A schedule of the worker; several may run, for a job is held by a lease.

    The lease only spares work: what keeps a row from being written twice is the job's version,
    which every batch is guarded by.
    """

    def __init__(self, jobs: Jobs) -> None:
        self.jobs = jobs
        self._sql = _statements(jobs)
        self._reading: _Open | None = None
        self._next_tidy = Interval(_TIDY)

    async def __call__(self, executor: Executor, system: Database) -> bool:
        job = await self.claim(system)
        if job is None:
            self.close()  # what was read on is over, or another worker's
            await self._tidy(system)
            return False
        bench = Bench.of(self.jobs, executor, job)
        try:
            await self._slice(bench, job)
        except (Lost, Stale):
            log.info("job.moved", job=str(job.id))
        except (Malformed, CrmError) as error:
            if has_to_wait(error):
                raise
            await self._fail(bench, job, str(error))
        except Exception as error:
            if has_to_wait(error):
                raise
            log.error("job.failed", job=str(job.id), exc_info=error)
            await self._fail(bench, job, "something went wrong that should not")
        finally:
            await self._let_go(system, job)
        return True

    async def claim(self, system: Database) -> Job | None:
        """The job that has waited longest, of a tenant none of whose jobs is held."""
        now = clock.now()
        async with system.system() as connection:
            found = await connection.fetchrow(self._sql["claim"], now, now + LEASE)
        return row(self.jobs.cls, found) if found else None

    async def _slice(self, bench: Bench, job: Job) -> None:
        until = time.monotonic() + _SLICE_SECONDS
        if job.kind is JobKind.EXPORT:
            while job.state in UNFINISHED and time.monotonic() < until:
                job = await export_some(bench, job)
        elif job.state is JobState.UNDOING:
            while job.state in UNFINISHED and time.monotonic() < until:
                job = await undo_some(bench, job)
        else:
            await self._import(bench, job, until)

    async def _import(self, bench: Bench, job: Job, until: float) -> None:
        importer = await Importer.of(bench, job)
        opened = await bench.holding(job, self._opened(bench, job))
        while job.state in UNFINISHED and time.monotonic() < until:
            try:
                job = await import_some(importer, job, opened.rows)
            except BaseException:
                self.close()
                raise
            opened.done = job.done
            await asyncio.sleep(0)
        if job.state not in UNFINISHED:
            self.close()

    async def _opened(self, bench: Bench, job: Job) -> _Open:
        """The file where it was left, or anew and forward to there."""
        opened = self._reading
        if opened is not None and (opened.job_id, opened.done) == (job.id, job.done):
            return opened
        self.close()
        file = tempfile.TemporaryFile()  # noqa: SIM115 - read on in later turns
        rows = enumerate(read_rows(file, _sheet(job)), _FIRST_ROW)
        self._reading = opened = _Open(job.id, job.done, file, rows)
        try:
            async for piece in pieces(bench, job, PartKind.UPLOAD):
                file.write(piece)
            skipped = await threaded(lambda: sum(1 for _ in islice(rows, job.done)))
        except BaseException:
            self.close()
            raise
        if skipped < job.done:
            raise Malformed("the file is not there any more")
        return opened

    def close(self) -> None:
        """Let go of the file that is being read."""
        if self._reading is not None:
            self._reading.file.close()
            self._reading = None

    async def _fail(self, bench: Bench, job: Job, reason: str) -> None:
        self.close()
        current = await bench.reading.find(type(job), id=job.id)
        if current is not None and current.state in UNFINISHED:
            await bench.end(current, JobState.FAILED, error=reason[:1000])

    async def _let_go(self, system: Database, job: Job) -> None:
        async with system.system() as connection:
            await connection.execute(self._sql["let_go"], job.tenant_id, job.id)

    async def _tidy(self, system: Database) -> None:
        """Uploads go when their import has ended, files after a week, results after a month."""
        if not self._next_tidy.due:
            return
        self._next_tidy.restart()
        now = clock.now()
        async with system.system() as connection:
            await connection.execute(self._sql["orphans"], now - _TIDY)
            await connection.execute(self._sql["expired"], ["upload", "page"], now)
            await connection.execute(self._sql["expired"], ["file"], now - _FILES_LIVE)
            await connection.execute(self._sql["expired"], ["result"], now - _RESULTS_LIVE)


def _sheet(job: Job) -> Sheet:
    options = job.options
    columns = tuple(options["columns"])
    return Sheet(job.format, options["encoding"], options["delimiter"], columns, (), 0)


def _statements(jobs: Jobs) -> Mapping[str, str]:
    table, parts = plan(jobs.cls).table, plan(jobs.part).table
    due = "state in ('waiting', 'running', 'undoing')"
    columns = ", ".join(f"j.{name}" for name in plan(jobs.cls).columns)
    return {
        "claim": f"""
with due as (
  select distinct on (tenant_id) tenant_id, id, updated_at from {table} d
  where {due} and not exists (
    select from {table} h where h.{due} and h.tenant_id = d.tenant_id and h.lease_until > $1)
  order by tenant_id, updated_at, id
), mine as (
  select m.tenant_id, m.id from {table} m
  where (m.tenant_id, m.id) in (select tenant_id, id from due order by updated_at limit 1)
    and m.{due} and (m.lease_until is null or m.lease_until <= $1)
  for update skip locked
)
update {table} j set lease_until = $2 from mine
where j.tenant_id = mine.tenant_id and j.id = mine.id
returning {columns}
""",
        "let_go": f"update {table} set lease_until = null where tenant_id = $1 and id = $2",
        "orphans": f"delete from {parts} p where p.created_at < $1 and not exists"
        f" (select from {table} j where j.tenant_id = p.tenant_id and j.id = p.job_id)",
        "expired": f"delete from {parts} p using {table} j where p.tenant_id = j.tenant_id"
        " and p.job_id = j.id and p.kind = any($1::text[]) and j.finished_at < $2"
        f" and not j.{due}",
    }
