"""The file of rows that were refused, or merged though they say otherwise."""

import csv
import json
from pathlib import Path
from typing import IO, Any, Self

from crmkit.remote.files import Numbered

MERGED = "row.merged"
"""The code of a row that became one with another; the reason is what of it was not taken."""
_HEAD = ("file", "number", "code", "reason", "row")


class Refusals:
    """Written as they come, so that an import that is killed leaves them; no file without any.

    The file of an earlier import is gone as soon as this one is entered: OSError where it cannot
    be written, before there is anything to write. `first` says why the first row is in it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.count = 0
        self.first = ""
        self._stream: IO[str]
        self._writer: Any

    def __enter__(self) -> Self:
        self._stream = self.path.open("w", newline="", encoding="utf-8", buffering=1)
        self._writer = csv.writer(self._stream)
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()
        if not self.count and self.path.is_file() and not self.path.is_symlink():
            self.path.unlink()  # never a device, such as the /dev/null of who wants no such file

    def add(self, file: str, numbered: Numbered, code: str, reason: str) -> None:
        if not self.count:
            self._writer.writerow(_HEAD)
            self.first = f"{file}, row {numbered.number}: {reason}"
        raw = json.dumps(numbered.row, ensure_ascii=False)
        self._writer.writerow([file, numbered.number, code, reason, raw])
        self.count += 1
