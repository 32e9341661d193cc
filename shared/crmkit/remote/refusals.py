"""The file of rows that were refused, or merged though they say otherwise."""

import csv
import json
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from crmkit.remote.files import Numbered

MERGED = "row.merged"
"""The code of a row that became one with another; the reason is what of it was not taken."""
_HEAD = ("file", "number", "code", "reason", "row")


class Refusals:
    """Written as they come, so that an import that is killed leaves them; no file without any."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.count = 0
        self._stack = ExitStack()
        self._writer: Any = None

    def add(self, file: str, numbered: Numbered, code: str, reason: str) -> None:
        """OSError where the file cannot be written."""
        if self._writer is None:
            stream = self.path.open("w", newline="", encoding="utf-8", buffering=1)
            self._writer = csv.writer(self._stack.enter_context(stream))
            self._writer.writerow(_HEAD)
        raw = json.dumps(numbered.row, ensure_ascii=False)
        self._writer.writerow([file, numbered.number, code, reason, raw])
        self.count += 1

    def close(self) -> None:
        self._stack.close()
