"""Tables of jobs: what was asked for and how far it is, and the bytes that belong to it."""

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy import text as sql

from crmkit.db.rows import plan
from crmkit.db.tables import Record, document, enum, instant, text
from crmkit.db.writing import Change, Tx
from crmkit.kernel import ids
from crmkit.kernel.labels import Labelled


class JobKind(Labelled):
    """What a job does."""

    IMPORT = "import", "导入", "Import"
    EXPORT = "export", "导出", "Export"


class JobState(Labelled):
    """Where a job stands."""

    WAITING = "waiting", "等待中", "Waiting"
    RUNNING = "running", "进行中", "Running"
    UNDOING = "undoing", "撤销中", "Being undone"
    DONE = "done", "已完成", "Done"
    FAILED = "failed", "失败", "Failed"
    CANCELLED = "cancelled", "已取消", "Cancelled"
    UNDONE = "undone", "已撤销", "Undone"


UNFINISHED = frozenset({JobState.WAITING, JobState.RUNNING, JobState.UNDOING})
_UNFINISHED_SQL = "state in ('waiting', 'running', 'undoing')"


class PartKind(Labelled):
    """What the bytes of a part are."""

    UPLOAD = "upload", "上传", "Upload"
    RESULT = "result", "结果", "Result"
    PAGE = "page", "页", "Page"
    FILE = "file", "文件", "File"


class Job(Record):
    """The columns of a table of jobs.

    `caller` (a member or a key), `roles` and `scopes` are those of who asked, frozen: the job does
    what they could have done by hand. `done` counts rows; `mark` is how far an export or an undoing
    has come. No event tells who asked, which never changes, nor how the worker gets on with it.
    """

    unpublished = frozenset({"caller", "roles", "scopes", "mark", "lease_until"})

    kind: JobKind = enum(JobKind)
    state: JobState = enum(JobState, default=JobState.WAITING)
    name: str = text()
    format: str = text()
    options: dict[str, Any] = document()
    owner_id: UUID
    team: str = text()
    caller: str = text(default="member")
    roles: list[str] = document()
    scopes: list[str] = document()
    total: int | None = None
    done: int = 0
    created: int = 0
    updated: int = 0
    refused: int = 0
    undone: int = 0
    mark: str | None = text(default=None)
    error: str | None = text(default=None)
    finished_at: datetime | None = instant(default=None)
    lease_until: datetime | None = instant(default=None)


class JobPart(Record):
    """The columns of a table of parts: an upload, results or a file, in pieces of about 1 MiB."""

    job_id: UUID
    kind: PartKind = enum(PartKind)
    number: int
    data: bytes


class Place(NamedTuple):
    """Which part of which job."""

    job_id: UUID
    kind: PartKind
    number: int


def job_indexes(table: str) -> tuple[Index, ...]:
    due = sql(_UNFINISHED_SQL)
    return (
        Index(f"{table}_created_at_idx", "tenant_id", "created_at", "id"),
        Index(f"{table}_due_idx", "tenant_id", "updated_at", "id", postgresql_where=due),
    )


def part_indexes(table: str) -> tuple[Index, ...]:
    return (Index(f"{table}_key", "tenant_id", "job_id", "kind", "number", unique=True),)


def attach(tx: Tx, part: type[JobPart], place: Place, data: bytes) -> None:
    """A part that is written with the change of its job, whose event tells of it."""
    made = ids.new()
    after = {
        "tenant_id": tx.tenant_id,
        "id": made,
        "version": 1,
        "created_at": tx.now,
        "updated_at": tx.now,
        "job_id": place.job_id,
        "kind": place.kind,
        "number": place.number,
        "data": data,
    }
    tx.changes[part, made] = Change(part, 0, after, [])


def job_sql(cls: type[Job]) -> dict[str, str]:
    """Statements over one job as it was read: tenant, job and version are the first parameters."""
    table = plan(cls).table
    still = f"tenant_id = $1 and id = $2 and version = $3 and {_UNFINISHED_SQL}"
    return {
        "renew": f"update {table} set lease_until = $4 where {still} returning 1",
        "lock": f"select 1 from {table} where {still} for update",
    }


def part_sql(cls: type[JobPart]) -> dict[str, str]:
    """Statements over the parts of a job: tenant, job and kind are the first parameters."""
    table = plan(cls).table
    mine = "tenant_id = $1 and job_id = $2 and kind = $3"
    return {
        "next": f"select number, data from {table} where {mine} and number >= $4"
        " order by number limit 1",
        "drop": f"delete from {table} where {mine}",
        "take": f"update {table} set job_id = $4 where {mine}",
        "put": f"insert into {table} (tenant_id, id, version, created_at, updated_at, job_id, kind,"
        " number, data) values ($1, $4, 1, $5, $5, $2, $3, $6, $7)",
    }
