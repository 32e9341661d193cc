"""What the jobs of a room are about, said once; and the bench at which the worker does them."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from crmkit.components.batch import Bulk
from crmkit.components.custom import CustomFields
from crmkit.components.directory import tenant
from crmkit.components.jobs.cells import Reader, fields_of
from crmkit.components.jobs.commands import JobCommands
from crmkit.components.jobs.models import (
    Job,
    JobKind,
    JobPart,
    JobState,
    PartKind,
    job_sql,
    part_sql,
)
from crmkit.components.jobs.references import Reference, readers_of
from crmkit.components.kinds import Definition
from crmkit.db.executor import Call, Executor
from crmkit.db.listing import Listing
from crmkit.db.reading import Reading
from crmkit.db.writing import Tx
from crmkit.events.envelope import Event
from crmkit.kernel import clock
from crmkit.kernel.actor import Actor
from crmkit.web.answers import Read

LEASE = timedelta(seconds=30)
RENEWED = timedelta(seconds=10)
"""How often the lease of a job is renewed while one of its steps takes long."""

T = TypeVar("T")


class Lost(Exception):
    """Somebody else moved the job: cancelled it, or is ahead with it."""


Remove = Callable[..., Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Jobs:
    """The imports and exports of one kind of record; `called` are words for its fields.

    Without `bulk` there are exports alone; without `remove` nothing is taken back, for such records
    stay once they are there.
    """

    commands: JobCommands[Any]
    part: type[JobPart]
    read: type[Read]
    listing: Listing
    fields: CustomFields | None = None
    bulk: Bulk | None = None
    remove: Remove | None = None
    called: Mapping[str, str] = field(default_factory=dict)
    references: tuple[Reference, ...] = ()

    @property
    def kinds(self) -> tuple[JobKind, ...]:
        """What may be asked for."""
        return tuple(JobKind) if self.bulk else (JobKind.EXPORT,)

    @property
    def taken(self) -> Bulk:
        """How rows come in."""
        if self.bulk is None:
            raise LookupError(f"{self.cls.__name__}: nothing is imported")
        return self.bulk

    def readers(self, known: Mapping[str, Definition]) -> dict[str, Reader]:
        """Every field a column may become, by its name in a mapping."""
        return fields_of(self.taken.create[1], known) | readers_of(self.references)

    async def own(self, reading: Reading, fresh: bool = False) -> dict[str, Definition]:
        """The tenant's own fields of these records."""
        return await self.fields.definitions(reading, fresh) if self.fields else {}

    @property
    def cls(self) -> type[Job]:
        return self.commands.cls

    @property
    def sql(self) -> Mapping[str, str]:
        return part_sql(self.part) | job_sql(self.cls)


@dataclass(slots=True)
class Bench:
    """Who does a job, and with what: whoever asked for it, as they were then."""

    jobs: Jobs
    executor: Executor
    actor: Actor
    reading: Reading
    call: Call

    @classmethod
    def of(cls, jobs: Jobs, executor: Executor, job: Job) -> "Bench":
        actor = actor_of(job)
        reading = Reading(executor.database, executor.policy, actor, clock.now())
        return cls(jobs, executor, actor, reading, Call(actor, cause=job.id))

    def open(self) -> Tx:
        return self.executor.open(self.call)

    def advance(self, tx: Tx, job: Job, **values: Any) -> Job:
        """The job further on, told with what is written beside it; guarded by its version."""
        held = tx.now + LEASE
        values = {"state": JobState.RUNNING, "lease_until": held} | values
        return tx.update(job, self.jobs.commands.progressed, **values)

    async def end(self, job: Job, state: JobState, **values: Any) -> Job:
        """Stale where somebody else moved the job meanwhile."""
        tx = self.open()
        event: type[Event[Any]] = self.jobs.commands.ended
        after = tx.update(job, event, state=state, finished_at=tx.now, lease_until=None, **values)
        await self.executor.commit(tx)
        return after

    async def demand_held(self, job: Job) -> None:
        """Lost where the job is not as it was read any more."""
        found = await self.reading.find(type(job), id=job.id)
        if found is None or found.version != job.version:
            raise Lost

    async def holding(self, job: Job, work: Coroutine[Any, Any, T]) -> T:
        """What the work answers; the lease is renewed as long as it takes.

        Where the job has moved meanwhile the work is cancelled, and Lost raised.
        """
        task = asyncio.create_task(work)
        try:
            while not task.done():
                await asyncio.wait({task}, timeout=RENEWED.total_seconds())
                if not task.done():
                    await self._renew(job)
            return task.result()
        finally:
            task.cancel()
            await asyncio.wait({task})

    async def _renew(self, job: Job) -> None:
        sql, until = self.jobs.sql["renew"], clock.now() + LEASE
        async with self.executor.database.lend(job.tenant_id) as connection:
            if await connection.fetchval(sql, job.tenant_id, job.id, job.version, until) is None:
                raise Lost

    async def zone(self) -> ZoneInfo:
        return (await tenant(self.reading)).zone

    async def part(self, job_id: UUID, kind: PartKind, number: int) -> tuple[int, bytes] | None:
        """The first part of that number or a later one."""
        found = await self.reading.fetch(
            self.jobs.sql["next"], self.reading.tenant_id, job_id, kind.value, number
        )
        return (found[0]["number"], found[0]["data"]) if found else None


async def threaded(work: Callable[..., T], *arguments: Any) -> T:
    """What the work answers, done in a thread.

    Whoever cancels waits for the thread, so that no file is closed under it.
    """
    running = asyncio.ensure_future(asyncio.to_thread(work, *arguments))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.gather(running, return_exceptions=True)
        raise


def actor_of(job: Job) -> Actor:
    """Whoever asked for the job, with the roles they had."""
    roles, scopes = frozenset(job.roles), frozenset(job.scopes)
    return Actor(job.tenant_id, job.owner_id, roles, job.team, scopes, job.caller)
