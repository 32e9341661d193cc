"""The registry of crash points is the code itself: a point that no run ends at fails here."""

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from pydantic import ValidationError

from crmkit.faults import EXIT_STATUS
from crmkit.settings import Settings
from tests.e2e.levers import Lever
from tests.faults.points import WHERE, named, registry

STEPS = """
from crmkit import faults
faults.arm({wanted!r})
for name in ("first", "second", "third"):
    print(name, flush=True)
    faults.point(name)
"""

AGAIN = """
import os, signal
from crmkit import faults
faults.arm({wanted!r})
print("first", flush=True)
open(os.environ["TEST_POINT"], "w").write("second")
os.kill(os.getpid(), signal.SIGUSR1)
faults.point("second")
print("second", flush=True)
"""


def test_every_point_in_the_code_is_ended_at_and_stands_at_one_place() -> None:
    found = Counter(name for name, _ in registry())
    assert set(found) == set(WHERE)
    assert [name for name, count in found.items() if count > 1] == []


@pytest.mark.parametrize(
    ("line", "name"), [('point("a.new.step")', "a.new.step"), ("point(name)", "?")]
)
def test_a_new_point_is_found(tmp_path: Path, line: str, name: str) -> None:
    file = tmp_path / "planted.py"
    file.write_text(f"async def work():\n    {line}\n")
    ((found, _),) = named(file, tmp_path)
    assert found == name
    assert found not in WHERE


def walked(wanted: str, steps: str = STEPS, **told: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", steps.format(wanted=wanted)],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
        env=os.environ | told,
    )


def test_a_process_ends_at_the_point_it_was_armed_with() -> None:
    done = walked("second")
    assert (done.returncode, done.stdout.split()) == (EXIT_STATUS, ["first", "second"])
    assert '"point":"second"' in done.stderr


@pytest.mark.parametrize("wanted", ["", "fourth"])
def test_a_process_that_is_armed_with_nothing_goes_by_every_point(wanted: str) -> None:
    done = walked(wanted)
    assert (done.returncode, done.stdout.split()) == (0, ["first", "second", "third"])


def test_what_a_process_is_armed_with_as_it_starts_counts_and_not_its_environment(
    tmp_path: Path,
) -> None:
    lever = Lever(tmp_path, "worker")
    lever.arm("third")
    done = walked(
        "second", f"from tests.e2e.levers import obey\nobey()\n{STEPS}", **lever.environment
    )
    assert (done.returncode, done.stdout.split()) == (EXIT_STATUS, ["first", "second", "third"])
    lever.arm("")
    done = walked("", f"from tests.e2e.levers import obey\nobey()\n{AGAIN}", **lever.environment)
    assert (done.returncode, done.stdout.split()) == (EXIT_STATUS, ["first"])


def test_no_point_is_for_production() -> None:
    assert Settings(fault_point="relay.after_send").fault_point
    with pytest.raises(ValidationError, match="not for production"):
        Settings(fault_point="relay.after_send", production=True)
