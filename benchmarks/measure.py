"""CPU time, from the kernel's accounting."""

import os
from collections.abc import Sequence

import psutil

_TICKS = os.sysconf("SC_CLK_TCK")


def spent(*pids: int) -> float:
    """CPU seconds, user and system, of these processes and all they have started.

    To 10 ms. A process that has ended counts in its parent once that has waited for it, as
    PostgreSQL does for its backends; so a difference of two readings loses nothing.
    """
    return sum(map(_ticks, _family(pids))) / _TICKS


def _family(pids: tuple[int, ...]) -> set[int]:
    found = set(pids)
    for pid in pids:
        found |= {child.pid for child in psutil.Process(pid).children(recursive=True)}
    return found


def _ticks(pid: int) -> int:
    """utime, stime, cutime and cstime: fields 14 to 17 of proc(5)'s stat; 0 of one that is gone."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            after_name = file.read().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return sum(map(int, after_name[11:15]))


def percentile(sorted_values: Sequence[float], share: float) -> float:
    """The nearest rank; 0 where there is nothing."""
    if not sorted_values:
        return 0.0
    return sorted_values[min(len(sorted_values) - 1, int(share * len(sorted_values)))]
