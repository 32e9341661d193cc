"""The time of day of one process, which a test may set: an offset in a file mapped into its memory.

Nothing of the house knows of it. A process of the forge that is told of such a file puts the offset
on everything that reads the time of day; what measures durations is left alone, as it is where an
administrator sets a machine's clock. PostgreSQL keeps its own time, as on a machine of its own.
"""

import contextlib
import datetime
import mmap
import os
import struct
import time
from collections.abc import Iterator
from pathlib import Path

from crmkit.kernel import clock

VARIABLE = "TEST_CLOCK"
_NUMBER = struct.Struct("d")


class Clock:
    """What the processes that look at one file take for the time of day."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.write_bytes(_NUMBER.pack(0))

    @property
    def environment(self) -> dict[str, str]:
        return {VARIABLE: str(self._path)}

    def jump(self, seconds: float) -> None:
        """From now on it is so much later than it is; a negative number: earlier."""
        with self._path.open("r+b", buffering=0) as file:
            file.write(_NUMBER.pack(seconds))


def skew() -> None:
    """Have this process go by the file it was told of, if it was."""
    told = os.environ.get(VARIABLE)
    if not told:
        return
    import jwt.api_jwt  # noqa: PLC0415 - the one library that asks `datetime`, in a process of ours

    with Path(told).open("rb") as file:
        offset = mmap.mmap(file.fileno(), _NUMBER.size, access=mmap.ACCESS_READ)
    seconds, seconds_ns, now = time.time, time.time_ns, clock.now

    def ahead() -> float:
        return float(_NUMBER.unpack(offset[: _NUMBER.size])[0])

    def shifted() -> datetime.datetime:
        return now() + datetime.timedelta(seconds=ahead())

    class Shifted(datetime.datetime):
        @classmethod
        def now(cls, tz: datetime.tzinfo | None = None) -> "Shifted":
            told = shifted().astimezone(tz)
            return cls.combine(told.date(), told.timetz())

    time.time = lambda: seconds() + ahead()
    time.time_ns = lambda: seconds_ns() + int(ahead() * 1e9)
    clock.now = shifted
    jwt.api_jwt.datetime = Shifted  # type: ignore[misc]  # what its module calls by that name


@contextlib.contextmanager
def earlier(by: datetime.timedelta) -> Iterator[None]:
    """In this process, for what is done without waiting: so much earlier than it is."""
    now = clock.now
    clock.now = lambda: now() - by
    try:
        yield
    finally:
        clock.now = now
