"""CPU time is what the kernel says, of whole families of processes."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from benchmarks.measure import percentile, spent
from benchmarks.samples import Sample, middle, middle_pair

_PARENT = """
import subprocess, sys
print("up", flush=True)
for line in sys.stdin:
    child = subprocess.run([sys.executable, "-c", line.strip()])
    print("done", flush=True)
"""


@pytest.fixture
def parent() -> Iterator["subprocess.Popen[str]"]:
    with subprocess.Popen(
        [sys.executable, "-c", _PARENT],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
    ) as process:
        _hear(process)
        yield process
        process.kill()


def _hear(process: "subprocess.Popen[str]") -> None:
    assert process.stdout is not None
    process.stdout.readline()


def _tell(process: "subprocess.Popen[str]", line: str) -> None:
    assert process.stdin is not None
    process.stdin.write(f"{line}\n")
    _hear(process)


def test_what_a_child_spent_counts_after_it_has_ended(parent: "subprocess.Popen[str]") -> None:
    before = spent(parent.pid)
    _tell(parent, "import os; [sum(range(9999)) for _ in iter(lambda: os.times()[0] < 0.3, False)]")
    assert spent(parent.pid) - before >= 0.29


def test_what_others_spend_is_not_counted(parent: "subprocess.Popen[str]") -> None:
    before = spent(parent.pid)
    mine = spent(os.getpid())
    while spent(os.getpid()) - mine < 0.2:
        sum(range(9999))
    assert spent(parent.pid) == before


def test_a_process_in_two_families_counts_once(parent: "subprocess.Popen[str]") -> None:
    _tell(parent, "import os; [sum(range(9999)) for _ in iter(lambda: os.times()[0] < 0.1, False)]")
    assert spent(parent.pid, parent.pid) == spent(parent.pid)


@pytest.mark.parametrize(
    ("values", "share", "wanted"),
    [([], 0.99, 0), ([7.0], 0.5, 7), ([1.0, 2.0, 3.0, 4.0], 0.5, 3), ([*range(100)], 0.99, 99)],
)
def test_a_percentile_is_the_nearest_rank(values: list[float], share: float, wanted: float) -> None:
    assert percentile(values, share) == wanted


def test_of_several_rounds_the_middle_pair_is_told_and_not_the_least_of_each() -> None:
    """The machine was slow in the second round, and ours met it fast in the third alone."""
    ours = [taken(cpu) for cpu in (1.0, 2.0, 0.5)]
    bare = [taken(cpu) for cpu in (0.8, 1.7, 0.9)]
    assert middle_pair(ours, bare) == (2.0, 1.7)
    assert middle(ours).cpu == 1.0


def taken(cpu: float) -> Sample:
    return Sample(cpu, rate=1000, p50=1, p99=2)
