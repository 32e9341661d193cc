"""The clock of processes, which a test may set: an offset in a file that they map into memory.

Nothing of the house knows of it. A process of the forge that is told `TEST_CLOCK` puts the offset
on everything that reads the time of day; what measures durations is left alone, as it is where an
administrator sets a machine's clock. PostgreSQL keeps its own time, as on a machine of its own.
"""

import mmap
import os
import struct
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

VARIABLE = "TEST_CLOCK"
_NUMBER = struct.Struct("d")


class Clock:
    """The offset of all processes that look at one file, in seconds."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.write_bytes(_NUMBER.pack(0.0))

    @property
    def environment(self) -> dict[str, str]:
        return {VARIABLE: str(self.path)}

    def jump(self, seconds: float) -> None:
        """From now on it is so much later than it is; a negative number: earlier."""
        with self.path.open("r+b") as file:
            file.write(_NUMBER.pack(seconds))


def skew() -> None:
    """Have this process go by the file it was told, if it was."""
    told = os.environ.get(VARIABLE)
    if not told:
        return
    from crmkit.kernel import clock  # noqa: PLC0415 - in a process that was forked for it

    with Path(told).open("rb") as file:
        offset = mmap.mmap(file.fileno(), _NUMBER.size, access=mmap.ACCESS_READ)

    def seconds() -> float:
        return float(_NUMBER.unpack(offset[: _NUMBER.size])[0])

    def now() -> datetime:
        return datetime.fromtimestamp(_time(), UTC) + timedelta(seconds=seconds())

    _time: Callable[[], float] = time.time
    _time_ns: Callable[[], int] = time.time_ns
    time.time = lambda: _time() + seconds()
    time.time_ns = lambda: _time_ns() + int(seconds() * 1e9)
    clock.now = now
