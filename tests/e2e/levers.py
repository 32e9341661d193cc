"""What a test can move inside a running process: the time of day, and the point at which it ends.

A process of the forge that is told of a lever's files maps the offset of its clock into memory and
puts it on everything that reads the time of day. What measures durations is left alone, as it is
where an administrator sets a machine's clock; PostgreSQL keeps its own time, as on a machine of its
own. SIGUSR1 has it read its point again, and so does its start: what was said since its environment
was made would be lost else. Nothing of the house knows of either.
"""

import contextlib
import datetime
import mmap
import os
import signal
import struct
import time
from collections.abc import Iterator
from pathlib import Path

from crmkit import faults
from crmkit.kernel import clock

CLOCK, POINT = "TEST_CLOCK", "TEST_POINT"
_NUMBER = struct.Struct("d")


class Lever:
    """Of one process, by the files that it looks at."""

    def __init__(self, folder: Path, name: str) -> None:
        self._clock, self._point = folder / f"{name}.clock", folder / f"{name}.point"
        self._clock.write_bytes(_NUMBER.pack(0))
        self.arm("")

    @property
    def environment(self) -> dict[str, str]:
        return {CLOCK: str(self._clock), POINT: str(self._point)}

    def set_clock(self, seconds: float) -> None:
        """From now on it is so much later than it is; a negative number: earlier."""
        with self._clock.open("r+b", buffering=0) as file:
            file.write(_NUMBER.pack(seconds))

    def arm(self, wanted: str) -> None:
        """What `faults.arm` is given as the process starts, and at the next SIGUSR1."""
        self._point.write_text(wanted)


def obey() -> None:
    """Have this process go by the files it was told of, if it was."""
    if CLOCK in os.environ:
        _shift(Path(os.environ[CLOCK]))
        _arm_by(Path(os.environ[POINT]))


def _arm_by(path: Path) -> None:
    arm = faults.arm

    def first(_: str) -> None:
        """In place of what the environment says."""
        vars(faults)["arm"] = arm
        arm(path.read_text())

    vars(faults)["arm"] = first
    signal.signal(signal.SIGUSR1, lambda *_: arm(path.read_text()))


def _shift(path: Path) -> None:
    import jwt.api_jwt  # noqa: PLC0415 - the one library that asks `datetime`, in a process of ours

    with path.open("rb") as file:
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
    vars(jwt.api_jwt)["datetime"] = Shifted


@contextlib.contextmanager
def earlier(by: datetime.timedelta) -> Iterator[None]:
    """In this process, for what is done without waiting: so much earlier than it is."""
    now = clock.now
    clock.now = lambda: now() - by
    try:
        yield
    finally:
        clock.now = now
