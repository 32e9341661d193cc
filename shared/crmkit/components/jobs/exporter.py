"""导出 a list becomes a file: a page at a time by its cursor, each written with how far it is."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import replace

from crmkit.components.jobs import cells
from crmkit.components.jobs.book_reader import MOST_ROWS
from crmkit.components.jobs.erasing import may_read
from crmkit.components.jobs.models import Job, JobState, PartKind, Place, attach
from crmkit.components.jobs.subject import Bench, Lost
from crmkit.components.jobs.workbook import write_workbook
from crmkit.db.listing import Wanted
from crmkit.db.rows import plan
from crmkit.kernel.errors import Invalid
from crmkit.kernel.formulas import harmless

PAGE = 1000
_BOM = "\ufeff"


async def heads(bench: Bench, job: Job) -> dict[str, tuple[str, ...]]:
    """The columns asked for, by field; Invalid where one is not known, or not shown any more."""
    known = await bench.jobs.own(bench.reading)
    every = cells.heads_of(bench.jobs.read, known)
    return choose(every, job.options["columns"])


def choose(
    every: Mapping[str, tuple[str, ...]], wanted: Sequence[str]
) -> dict[str, tuple[str, ...]]:
    """Of all columns those that are wanted, in that order; all where none is named."""
    for name in wanted:
        if name not in every:
            raise Invalid.field("columns", "columns.unknown", "no such column")
    return {name: every[name] for name in wanted or every}


async def export_some(bench: Bench, job: Job) -> Job:
    """The next page as rows of CSV; after the last one the file is finished. Lost while somebody is
    erased: their rows may be read already and not be there any more when the page is written."""
    if job.mark == "":
        return await _finish(bench, job)
    if not await may_read(bench.reading):
        raise Lost
    asked = tuple(job.options["filter"].items())
    first = replace(bench.jobs.listing.parse(asked), limit=PAGE)
    wanted: Wanted = replace(first, cursor=job.mark, count=None if job.mark else "exact")
    found = await bench.jobs.listing.find(bench.reading, wanted)
    total = job.total if job.mark else found.total
    if total is not None and total > MOST_ROWS:
        raise Invalid(f"more than {MOST_ROWS} rows", code="export.too_large")
    fields = await heads(bench, job)
    masks = bench.reading.policy.masks(bench.actor, plan(bench.jobs.listing.cls).table)
    rows = [cells.cells_of(bench.jobs.read.of(each, masks), fields) for each in found.records]
    head = [] if job.mark else [[name for names in fields.values() for name in names]]
    safe = harmless if job.format == "csv" else str
    data = _csv([[safe(cell) for cell in row] for row in [*head, *rows]])
    if not job.mark and job.format == "csv":
        data = _BOM.encode() + data
    tx = bench.open()
    kind = PartKind.FILE if job.format == "csv" else PartKind.PAGE
    attach(tx, bench.jobs.part, Place(job.id, kind, job.done), data)
    done = job.done + len(rows)
    after = bench.advance(tx, job, done=done, total=total, mark=found.next_cursor or "")
    await bench.executor.commit(tx)
    return after


async def _finish(bench: Bench, job: Job) -> Job:
    if job.format == "xlsx":
        await bench.holding(job, write_workbook(bench, job))
    return await bench.end(job, JobState.DONE, total=job.done)


def _csv(rows: Sequence[Sequence[str]]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()
