"""工作簿 the pages of an export become a workbook: in a thread, and never whole in memory."""

import csv
import io
import re
import tempfile
from pathlib import Path
from typing import IO

import xlsxwriter

from crmkit.components.jobs.models import Job, PartKind
from crmkit.components.jobs.pieces import pieces, replace_file
from crmkit.components.jobs.subject import Bench, threaded
from crmkit.kernel.own import CUSTOM

_MEASURES = (".amount", "probability")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_EXACT_DIGITS = 15
_OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


async def write_workbook(bench: Bench, job: Job) -> None:
    """The pages as the job's file; Lost where the job has moved meanwhile."""
    with tempfile.TemporaryDirectory(prefix="crm-book-") as folder, Workbook(Path(folder)) as book:
        async for page in pieces(bench, job, PartKind.PAGE):
            await threaded(book.add, page)
        await replace_file(bench, job, await threaded(book.closed))


class Workbook:
    """A workbook that grows by pages in files of its own."""

    def __init__(self, folder: Path) -> None:
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - closed on exit
        self._book = xlsxwriter.Workbook(self._file, _OPTIONS | {"tmpdir": str(folder)})
        self._sheet = self._book.add_worksheet()
        self._measures: list[bool] = []
        self._next = 0

    def __enter__(self) -> "Workbook":
        return self

    def __exit__(self, *_: object) -> None:
        self._sheet._opt_close()  # nothing public lets go of the rows of a book that is given up
        self._file.close()

    def add(self, page: bytes) -> None:
        for row in csv.reader(io.StringIO(page.decode(), newline="")):
            if not self._measures:
                self._measures = [
                    head.endswith(_MEASURES) and not head.startswith(CUSTOM) for head in row
                ]
            for column, (cell, measure) in enumerate(zip(row, self._measures, strict=True)):
                if measure and len(cell) <= _EXACT_DIGITS and _NUMBER.fullmatch(cell):
                    self._sheet.write_number(self._next, column, float(cell))
                elif cell:
                    self._sheet.write_string(self._next, column, cell)
            self._next += 1

    def closed(self) -> IO[bytes]:
        self._book.close()
        return self._file
