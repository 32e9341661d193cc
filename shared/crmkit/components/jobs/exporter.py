"""导出 a list becomes a file: a page at a time by its cursor, each written with how far it is."""

import csv
import io
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import IO, Any

import xlsxwriter

from crmkit.components.jobs import cells
from crmkit.components.jobs.models import Job, JobState, PartKind, Place, attach
from crmkit.components.jobs.sheets import MOST_ROWS
from crmkit.components.jobs.subject import Bench
from crmkit.db.listing import Wanted
from crmkit.db.rows import plan
from crmkit.kernel import ids
from crmkit.kernel.errors import Invalid

PAGE = 1000
PIECE = 1024 * 1024
_BOM = "\ufeff"
_MEASURES = (".amount", "probability")
_EXACT_DIGITS = 15
_OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


async def heads(bench: Bench, job: Job) -> dict[str, tuple[str, ...]]:
    """The columns asked for, by field; Invalid where one is not known, or not shown any more."""
    known = await bench.jobs.fields.definitions(bench.reading)
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
    """The next page as rows of CSV; after the last one the file is finished."""
    if job.mark == "":
        return await _finish(bench, job)
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
    safe = cells.harmless if job.format == "csv" else str
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
        await write_workbook(bench, job)
    return await bench.end(job, JobState.DONE, total=job.done)


def _csv(rows: Sequence[Sequence[str]]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()


async def pieces(bench: Bench, job: Job, kind: PartKind) -> AsyncIterator[bytes]:
    """The parts of one kind, in order."""
    number = 0
    while (found := await bench.part(job.id, kind, number)) is not None:
        number = found[0] + 1
        yield found[1]


async def store(bench: Bench, job_id: Any, kind: PartKind, file: IO[bytes]) -> None:
    """Keep a file in the database, piece by piece; what was there of it before is replaced."""
    sql, tenant, now = bench.jobs.sql, bench.reading.tenant_id, bench.reading.now
    file.seek(0)
    async with bench.executor.database.lend(tenant) as connection:
        await connection.execute(sql["drop"], tenant, job_id, kind.value)
        number = 0
        while piece := file.read(PIECE):
            await connection.execute(
                sql["put"], tenant, job_id, kind.value, ids.new(), now, number, piece
            )
            number += 1


async def write_workbook(bench: Bench, job: Job) -> None:
    """The pages as a workbook, row by row, so that it never lies in memory."""
    with _Workbook() as book:
        async for page in pieces(bench, job, PartKind.PAGE):
            book.add(csv.reader(io.StringIO(page.decode(), newline="")))
        await store(bench, job.id, PartKind.FILE, book.closed())


class _Workbook:
    """A workbook that grows by rows in a file of its own."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed on exit
        self._book = xlsxwriter.Workbook(self._file, _OPTIONS)
        self._sheet = self._book.add_worksheet()
        self._measures: list[bool] = []
        self._next = 0

    def __enter__(self) -> "_Workbook":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(self, rows: Iterator[list[str]]) -> None:
        for row in rows:
            if not self._measures:
                self._measures = [head.endswith(_MEASURES) for head in row]
            for column, (cell, measure) in enumerate(zip(row, self._measures, strict=True)):
                if measure and self._next and cell and len(cell) <= _EXACT_DIGITS:
                    self._sheet.write_number(self._next, column, float(cell))
                elif cell:
                    self._sheet.write_string(self._next, column, cell)
            self._next += 1

    def closed(self) -> IO[bytes]:
        self._book.close()
        return self._file
