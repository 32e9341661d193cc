"""Every change of a job that people make; the worker makes the others."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Generic, TypeVar
from uuid import UUID

from crmkit.components.custom import answering
from crmkit.components.jobs.models import UNFINISHED, Job, JobKind, JobState
from crmkit.db.listing import Listing
from crmkit.db.reading import Reading
from crmkit.db.rows import plan
from crmkit.db.tables import Record
from crmkit.db.writing import Tx
from crmkit.events.envelope import Event
from crmkit.kernel.errors import Conflict, TooMany

MOST_UNFINISHED = 20
"""Jobs of one kind of record that a tenant may have under way."""
_RETRY_SECONDS = 30
_UNDOABLE = timedelta(days=30)
_ENDED = frozenset({JobState.DONE, JobState.FAILED, JobState.CANCELLED})

J = TypeVar("J", bound=Job)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a job is to do."""

    id: UUID
    kind: JobKind
    name: str
    format: str
    options: dict[str, Any]
    total: int | None = None


def job_listing(cls: type[Job]) -> Listing:
    """Every list of jobs."""
    return Listing(
        cls,
        filters=("kind", "state", "created_at", "updated_at"),
        sorts=("created_at",),
        default="-created_at",
    )


class JobCommands(Generic[J]):
    """What people do with the jobs of one kind of record."""

    def __init__(
        self,
        cls: type[J],
        subject: type[Record],
        *,
        requested: type[Event[Any]],
        progressed: type[Event[Any]],
        ended: type[Event[Any]],
    ) -> None:
        self.cls = cls
        self.subject = subject
        self.requested, self.progressed, self.ended = requested, progressed, ended
        self.request: Callable[..., Awaitable[J]] = answering(cls, self._request)
        self.cancel: Callable[..., Awaitable[J]] = answering(cls, self._cancel)
        self.undo: Callable[..., Awaitable[J]] = answering(cls, self._undo)

    async def demand_room(self, reading: Reading) -> None:
        """TooMany where the tenant has as many jobs under way as it may."""
        ((waiting,),) = await reading.fetch(_unfinished(self.cls), reading.tenant_id)
        if waiting >= MOST_UNFINISHED:
            table = plan(self.cls).table
            says = f"at most {MOST_UNFINISHED} jobs at a time"
            raise TooMany(says, code=f"{table}.too_many", retry_after=_RETRY_SECONDS)

    async def _request(self, tx: Tx, asked: Asked) -> J:
        action = "create" if asked.kind is JobKind.IMPORT else "read"
        tx.policy.demand(tx.actor, plan(self.subject).table, action)
        await self.demand_room(tx)
        return tx.create(
            self.cls,
            self.requested,
            id=asked.id,
            kind=asked.kind,
            name=asked.name,
            format=asked.format,
            options=asked.options,
            total=asked.total,
            owner_id=tx.actor.member_id,
            team=tx.actor.team,
            caller=tx.actor.kind,
            roles=sorted(tx.actor.roles),
            scopes=sorted(tx.actor.scopes),
        )

    async def _cancel(self, tx: Tx, job_id: UUID) -> J:
        """Stop at the row it has come to; what is written stays."""
        job = await tx.take(self.cls, job_id)
        if job.state not in UNFINISHED:
            raise Conflict(f"it is {job.state.value} already", code="job.ended")
        return tx.update(job, self.ended, state=JobState.CANCELLED, finished_at=tx.now)

    async def _undo(self, tx: Tx, job_id: UUID) -> J:
        """Delete what an import created, as far as nobody has touched it since.

        Whoever imported does it with the rights of today, not with those of the import.
        """
        job = await tx.take(self.cls, job_id)
        wrote = job.kind is JobKind.IMPORT and not job.options["dry_run"]
        if not wrote or job.state not in _ENDED:
            raise Conflict("only an import that has ended can be undone", code="job.not_undoable")
        if job.finished_at is not None and tx.now - job.finished_at > _UNDOABLE:
            raise Conflict("it ended more than 30 days ago", code="job.not_undoable")
        own = job.owner_id == tx.actor.member_id
        rights = {"roles": sorted(tx.actor.roles), "scopes": sorted(tx.actor.scopes)} if own else {}
        values = {"state": JobState.UNDOING, "mark": None, "finished_at": None, **rights}
        return tx.update(job, self.progressed, **values)


def _unfinished(cls: type[Job]) -> str:
    states = ", ".join(f"'{state.value}'" for state in JobState if state in UNFINISHED)
    table = plan(cls).table
    return f"select count(*) from {table} where tenant_id = $1 and state in ({states})"
