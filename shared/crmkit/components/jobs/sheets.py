"""Files as people send them: CSV in UTF-8 or GB18030, and XLSX; read by row, never trusted."""

import codecs
import csv
import shutil
import struct
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import IO, Any, Self, cast
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from crmkit.components.jobs import book_reader
from crmkit.components.jobs.book_reader import LONGEST_ROW, MOST_COLUMNS, MOST_ROWS

_LONGEST_NAME = 200
_BLOCK = 1024 * 1024
_LARGEST_WORKBOOK = 128 * 1024 * 1024
"""Of a workbook's parts when inflated: a sheet is read whole, so this bounds memory."""
_MOST_PARTS = 1000
_ZIP = b"PK\x03\x04"
_LOCAL_HEADER = 30
_SAMPLES = 20
_DELIMITERS = ",;\t"
_ENDED = {
    book_reader.NO_WORKBOOK: "this is no workbook with a sheet",
    book_reader.TOO_LONG: f"a row is longer than {LONGEST_ROW} bytes",
    book_reader.TOO_LARGE: f"at most {MOST_COLUMNS} columns and {MOST_ROWS} rows",
}
_NO_ROOM = "the workbook takes more memory or time than one may: send it as CSV"


class Malformed(ValueError):
    """The file cannot be read; says why, and in which line where that is known."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file that was read from end to end once: what it is, its columns, how many rows follow."""

    format: str
    encoding: str
    delimiter: str
    columns: tuple[str, ...]
    samples: tuple[Sequence[Any], ...]
    total: int


def inspect(file: IO[bytes], encoding: str = "") -> Sheet:
    """Read the whole file; Malformed where it is no sheet, too large or broken anywhere.

    A text's encoding is found out where none is given; UnicodeError where the given one is wrong,
    LookupError where there is none of that name.
    """
    file.seek(0)
    if file.read(len(_ZIP)) == _ZIP:
        return _described(file, "xlsx", "", "")
    encoding = encoding or _encoding(file)
    first = next(_lines(file, encoding), "")
    delimiter = max(_DELIMITERS, key=first.count)
    return _described(file, "csv", encoding, delimiter)


def read_rows(file: IO[bytes], sheet: Sheet) -> Iterator[Sequence[Any]]:
    """The rows after the header."""
    return islice(_raw(file, sheet.format, sheet.encoding, sheet.delimiter), 1, None)


def _described(file: IO[bytes], kind: str, encoding: str, delimiter: str) -> Sheet:
    rows = _raw(file, kind, encoding, delimiter)
    columns = _named(next(rows, ()))
    samples = tuple(islice(rows, _SAMPLES))
    total = len(samples)
    for _ in rows:
        total += 1
        if total > MOST_ROWS:
            raise Malformed(f"more than {MOST_ROWS} rows")
    return Sheet(kind, encoding, delimiter, columns, samples, total)


def _named(header: Sequence[Any]) -> tuple[str, ...]:
    names = [str(cell).strip() for cell in header]
    while names and not names[-1]:
        names.pop()
    if not names or len(names) > MOST_COLUMNS:
        raise Malformed(f"the first row names 1 to {MOST_COLUMNS} columns")
    if max(map(len, names)) > _LONGEST_NAME or len(set(names)) < len(names):
        raise Malformed(f"columns have names of their own, of at most {_LONGEST_NAME} characters")
    return tuple(names)


def _raw(file: IO[bytes], kind: str, encoding: str, delimiter: str) -> Iterator[Sequence[Any]]:
    if kind == "xlsx":
        return _workbook_rows(file)
    return _csv_rows(file, encoding, delimiter)


def _csv_rows(file: IO[bytes], encoding: str, delimiter: str) -> Iterator[Sequence[Any]]:
    lines = _Bounded(_lines(file, encoding))
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    try:
        for row in reader:
            lines.size = 0
            if len(row) > MOST_COLUMNS:
                raise Malformed(f"line {reader.line_num}: more than {MOST_COLUMNS} columns")
            yield row
    except csv.Error as error:
        raise Malformed(f"line {reader.line_num}: {error}") from error


@dataclass(slots=True)
class _Bounded:
    """Lines of which no more than so many bytes become one row: quotes may hold line breaks."""

    lines: Iterator[str]
    size: int = 0

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        line = next(self.lines)
        self.size += len(line)
        if self.size > LONGEST_ROW:
            raise Malformed(f"a row is longer than {LONGEST_ROW} bytes")
        return line


def _lines(file: IO[bytes], encoding: str) -> Iterator[str]:
    file.seek(0)
    decoder = codecs.getincrementaldecoder(encoding)()
    while line := file.readline(LONGEST_ROW + 1):
        if len(line) > LONGEST_ROW:
            raise Malformed(f"a line is longer than {LONGEST_ROW} bytes")
        yield decoder.decode(line)


def _encoding(file: IO[bytes]) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        decoder = codecs.getincrementaldecoder(encoding)()
        file.seek(0)
        try:
            while block := file.read(_BLOCK):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            continue
        return encoding
    raise Malformed("the text is neither UTF-8 nor GB18030")


def _workbook_rows(file: IO[bytes]) -> Iterator[Sequence[Any]]:
    _demand_small(file)
    with tempfile.TemporaryFile() as copy:
        file.seek(0)
        shutil.copyfileobj(file, copy)
        copy.seek(0)
        reader = subprocess.Popen(  # noqa: S603 - this interpreter and a file of ours
            [sys.executable, "-I", book_reader.__file__], stdin=copy, stdout=subprocess.PIPE, env={}
        )
    told = cast("IO[bytes]", reader.stdout)
    try:
        yield from book_reader.rows_in(told)
    except EOFError:
        raise Malformed(_ENDED.get(reader.wait(), _NO_ROOM)) from None
    finally:
        reader.kill()
        told.close()
        reader.wait()


def _demand_small(file: IO[bytes]) -> None:
    """Inflate every part and forget it: what a directory says of sizes may be a lie."""
    try:
        with ZipFile(file) as archive:
            parts = archive.infolist()
            if len(parts) > _MOST_PARTS:
                raise Malformed(f"a workbook of more than {_MOST_PARTS} parts")
            left = _LARGEST_WORKBOOK
            for part in parts:
                left -= _inflated(file, part, left)
    except (BadZipFile, zlib.error, struct.error, EOFError, OSError) as error:
        raise Malformed("the workbook is broken") from error


def _inflated(file: IO[bytes], part: ZipInfo, most: int) -> int:
    if part.compress_type not in {ZIP_STORED, ZIP_DEFLATED} or part.flag_bits & 1:
        raise Malformed("a workbook is not encrypted, and packed by deflate")
    file.seek(part.header_offset)
    name, extra = struct.unpack("<26xHH", file.read(_LOCAL_HEADER))
    file.seek(name + extra, 1)
    if part.compress_type == ZIP_STORED:
        return _bounded(part.compress_size, most)
    inflate, size, left = zlib.decompressobj(-zlib.MAX_WBITS), 0, part.compress_size
    while left > 0 and (block := file.read(min(_BLOCK, left))):
        left -= len(block)
        while block:
            size = _bounded(size + len(inflate.decompress(block, _BLOCK)), most)
            block = inflate.unconsumed_tail
    return size


def _bounded(size: int, most: int) -> int:
    if size > most:
        raise Malformed(f"the workbook is larger than {_LARGEST_WORKBOOK} bytes when inflated")
    return size
