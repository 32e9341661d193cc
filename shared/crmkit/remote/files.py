"""Files that people hand over, read by the readers of the API's imports, row by row."""

import gzip
import shutil
import tempfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from crmkit.components.jobs.cells import plain
from crmkit.components.jobs.sheets import Malformed, Sheet, inspect, read_rows
from crmkit.remote.api import Refused

SURPLUS = "surplus values"
_HEADER = 1


@dataclass(frozen=True, slots=True)
class Numbered:
    """A row and its number in the file, whose header is 1; `fault` says why it cannot be used."""

    number: int
    row: Mapping[str, str]
    fault: str = ""


class Rows:
    """A file that was read through once, and can be read again as often as one likes.

    Refused where it cannot be read to its end, before anything of it is used.
    """

    def __init__(self, path: Path, encoding: str = "") -> None:
        self.path = path
        try:
            with ExitStack() as stack:
                self._file = _unpacked(path, stack)
                self.sheet: Sheet = inspect(self._file, encoding)
                self._open = stack.pop_all()
        except (OSError, EOFError, zlib.error, UnicodeError, LookupError, Malformed) as error:
            raise Refused(f"{path} cannot be read: {error}") from error

    def __enter__(self) -> "Rows":
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def content(self) -> bytes:
        """The whole file, unpacked."""
        self._file.seek(0)
        return self._file.read()

    def __iter__(self) -> Iterator[Numbered]:
        """Rows that say something; only one reader at a time."""
        columns = self.sheet.columns
        for number, cells in enumerate(read_rows(self._file, self.sheet), _HEADER + 1):
            texts = [cell.strip() if isinstance(cell, str) else plain(cell) for cell in cells]
            if any(texts):
                yield _numbered(number, columns, texts)


def _numbered(number: int, columns: Sequence[str], texts: list[str]) -> Numbered:
    row = dict(zip(columns, texts, strict=False))
    surplus = [text for text in texts[len(columns) :] if text]
    if surplus:
        row[SURPLUS] = ", ".join(surplus)
        return Numbered(number, row, "there are more values than columns")
    if len(texts) < len(columns):
        return Numbered(number, row, "there are fewer values than columns")
    return Numbered(number, row)


def _unpacked(path: Path, stack: ExitStack) -> IO[bytes]:
    if path.suffix != ".gz":
        return stack.enter_context(path.open("rb"))
    copy: IO[bytes] = stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 - the stack closes it
    with gzip.open(path, "rb") as packed:
        shutil.copyfileobj(packed, copy)
    return copy
