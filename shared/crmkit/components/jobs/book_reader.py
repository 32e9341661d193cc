"""A process of its own that reads a workbook: `python book_reader.py <file >rows`.

The reader makes room for every cell of the rectangle that a sheet says it fills, a thousand million
of them where two cells say so, and where there is no room it ends the process it runs in. So it has
its own, with so much memory and time and no more. It imports nothing of ours, to be there at once.
"""

import resource
import struct
import sys
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

import msgspec
from python_calamine import CalamineError, CalamineWorkbook

MOST_COLUMNS = 500
MOST_ROWS = 1_000_000
LONGEST_ROW = 1024 * 1024
"""Bytes of a row's texts."""

NO_WORKBOOK, TOO_LARGE, TOO_LONG = 3, 4, 5
"""Exit statuses; any other one but 0 means that memory or time were not enough."""

LENGTH = struct.Struct("<I")
"""Before each batch of rows; one of length 0 stands at the end of all."""

_MEMORY = 1024 * 1024 * 1024
_SECONDS = 120
_BATCH = 200
_LONGEST_BATCH = 8 * LONGEST_ROW
_KINDS = (datetime, date, time)
_SPAN = len(_KINDS)


def main() -> int:
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        sheet = CalamineWorkbook.from_filelike(sys.stdin.buffer).get_sheet_by_index(0)
    except (CalamineError, IndexError, ValueError, OSError):
        return NO_WORKBOOK
    if sheet.width > MOST_COLUMNS or sheet.height > MOST_ROWS + 1:
        return TOO_LARGE
    encode = msgspec.msgpack.Encoder().encode
    try:
        for batch in _batches(sheet.iter_rows()):
            _put(encode(batch))
    except OverflowError:
        return TOO_LONG
    _put(b"")
    sys.stdout.buffer.flush()
    return 0


def _batches(rows: Iterator[list[Any]]) -> Iterator[list[list[Any]]]:
    """A few rows, or few bytes, at a time; OverflowError for a row that is too long."""
    batch, size = list[list[Any]](), 0
    for row in rows:
        length = sum(len(cell.encode()) for cell in row if isinstance(cell, str))
        if length > LONGEST_ROW:
            raise OverflowError
        batch.append([_packed(cell) for cell in row])
        size += length
        if len(batch) == _BATCH or size > LONGEST_ROW:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def unpacked(code: int, data: memoryview) -> Any:
    """The cell that was packed, for msgspec's `ext_hook`."""
    text = bytes(data).decode()
    return timedelta(seconds=float(text)) if code == _SPAN else _KINDS[code].fromisoformat(text)


def _packed(cell: Any) -> Any:
    """MessagePack has no dates of its own; a datetime is a date, so it is looked for first."""
    if isinstance(cell, datetime | date | time):
        code = next(n for n, kind in enumerate(_KINDS) if isinstance(cell, kind))
        return msgspec.msgpack.Ext(code, cell.isoformat().encode())
    if isinstance(cell, timedelta):
        return msgspec.msgpack.Ext(_SPAN, str(cell.total_seconds()).encode())
    return cell


def _put(batch: bytes) -> None:
    sys.stdout.buffer.write(LENGTH.pack(len(batch)) + batch)


def rows_in(stream: Any) -> Iterator[list[Any]]:
    """The rows that another process writes; EOFError where it ends before all were told."""
    decode = msgspec.msgpack.Decoder(list[list[Any]], ext_hook=unpacked).decode
    while True:
        head = stream.read(LENGTH.size)
        if len(head) < LENGTH.size:
            raise EOFError
        (length,) = LENGTH.unpack(head)
        if not length:
            return
        if length > _LONGEST_BATCH:
            raise EOFError
        batch = stream.read(length)
        if len(batch) < length:
            raise EOFError
        yield from decode(batch)


if __name__ == "__main__":
    sys.exit(main())
