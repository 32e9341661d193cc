"""删除个人信息 what files in and out hold of somebody who is erased goes with them.

An export under way begins anew, and reads nothing until the erasure is written; an import under
way would bring back what it has read, so it is stopped, or the erasure refused.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from crmkit.components.jobs.importer import DECODE, ENCODE
from crmkit.components.jobs.models import UNFINISHED, Job, JobKind, JobState
from crmkit.components.jobs.subject import Jobs
from crmkit.db.reading import Reading
from crmkit.db.rows import plan, row
from crmkit.db.walking import Walk, naming, walk
from crmkit.db.writing import Aside, Tx
from crmkit.kernel.errors import Conflict
from crmkit.kernel.identifiers import in_json, is_asked_by, names

_LONG_ROWS = 8
"""Parts of results looked at by a statement: each may hold some hundred kilobytes."""

_PLACE = "hashtextextended('erasure:' || $1, 0)"
_HOLD = f"select pg_advisory_xact_lock({_PLACE})"
_IS_FREE = f"select pg_try_advisory_xact_lock_shared({_PLACE}) as free"
_MOVING = "tenant_id = $1 and state in ('waiting', 'running') order by id for update"
_NAMING = naming("convert_from(data, 'UTF8')", "$3")
_DROP = """
delete from {0}_part p using {0} j
where p.tenant_id = $1::uuid and j.tenant_id = p.tenant_id and j.id = p.job_id
  and p.kind in ('upload', 'page', 'file')
  and (j.finished_at >= {{0}} or j.state = 'undoing' or j.id = any({{1}}::uuid[])) returning 1
"""
_EMPTY = """
update {}_part p set data = u.data from unnest({{0}}::uuid[], {{1}}::bytea[]) u (id, data)
where p.tenant_id = $1::uuid and p.id = u.id returning 1
"""


async def hold_exports(tx: Tx) -> None:
    """No export of the tenant reads a page until the transaction that the Tx reads in ends: what
    was read before is of a job that this Tx can see."""
    await tx.fetch(_HOLD, str(tx.tenant_id))


async def may_read(reading: Reading) -> bool:
    """Whether nobody is being erased: whoever is told so sees what was erased before."""
    ((free,),) = await reading.fetch(_IS_FREE, str(reading.tenant_id))
    return bool(free)


async def begin_anew(tx: Tx, every: Sequence[Jobs], *, stop_imports: bool) -> list[UUID]:
    """Exports under way begin again, imports end where they are; which those were.

    Conflict `erasure.jobs_under_way` where an import is under way that may not be stopped.
    """
    moved = []
    for jobs in every:
        sql = f"{plan(jobs.cls).select} where {_MOVING}"
        for found in await tx.fetch(sql, tx.tenant_id):
            job = row(jobs.cls, found)
            _begin(tx, jobs, job, stop_imports)
            moved.append(job.id)
    return moved


def _begin(tx: Tx, jobs: Jobs, job: Job, stop_imports: bool) -> None:
    commands = jobs.commands
    if job.kind is JobKind.EXPORT:
        start: dict[str, Any] = {"mark": None, "done": 0, "total": None, "lease_until": None}
        tx.update(job, commands.progressed, state=JobState.WAITING, **start)
    elif stop_imports:
        ended = {"finished_at": tx.now, "lease_until": None, "error": "somebody was erased"}
        tx.update(job, commands.ended, state=JobState.CANCELLED, **ended)
    else:
        raise Conflict(
            "imports are under way: ask again when they have ended, or with `stop_imports`",
            code="erasure.jobs_under_way",
        )


async def list_exports(tx: Tx, jobs: Jobs, identifiers: Collection[str]) -> list[Job]:
    """The exports whose filter names somebody, under way or not."""
    table, columns = plan(jobs.cls).table, ", ".join(plan(jobs.cls).columns)
    exports = Walk(table, columns, "kind = 'export'", naming("options::text", "$3"))
    found = [row(jobs.cls, each) async for each in walk(tx, exports, in_json(identifiers))]
    return [each for each in found if is_asked_by(identifiers, each.options.get("filter", {}))]


def given_up(tx: Tx, job: Job) -> dict[str, Any]:
    """What becomes of an export whose filter is emptied: no other is made in its place."""
    kept = {name: getattr(job, name) for name in ("caller", "roles", "scopes")}
    if job.state not in UNFINISHED:
        return kept
    ended = {"finished_at": tx.now, "error": "somebody was erased"}
    return {**kept, **ended, "state": JobState.CANCELLED}


async def files_emptied(
    reading: Reading,
    every: Sequence[Jobs],
    moved: Sequence[UUID],
    identifiers: Collection[str],
    since: datetime,
) -> list[Aside]:
    """What takes a person out of files: those of jobs that were `moved`, ended `since` or are
    being undone go; of rows that imports refused the values go where they name the person."""
    asides = []
    for jobs in every:
        table = plan(jobs.cls).table
        asides.append(Aside(_DROP.format(table), (since, list(moved))))
        results = Walk(f"{table}_part", "id, data", "kind = 'result'", _NAMING, _LONG_ROWS)
        found = walk(reading, results, in_json(identifiers))
        parts = [(each["id"], _without(identifiers, each["data"])) async for each in found]
        if parts:
            columns = tuple(map(list, zip(*parts, strict=True)))
            asides.append(Aside(_EMPTY.format(table), columns, len(parts)))
    return asides


def _without(identifiers: Collection[str], data: bytes) -> bytes:
    result = DECODE(data)
    result.refused = [
        (number, code, detail, [""] * len(values) if names(identifiers, values) else values)
        for number, code, detail, values in result.refused
    ]
    return ENCODE(result)
