import signal
import sys
from pathlib import Path

import pytest

from crmkit.local.supervise import Child, ChildError

DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True)"


async def at_once() -> bool:
    return True


async def never() -> bool:
    return False


def a_child(folder: Path, program: str) -> Child:
    return Child("child", [sys.executable, "-c", program], folder)


async def test_a_child_that_ends_before_it_is_ready_shows_the_end_of_its_log(
    tmp_path: Path,
) -> None:
    child = a_child(tmp_path, "raise SystemExit('no settings')")
    with pytest.raises(ChildError, match="child ended with 1\n  no settings"):
        await child.start(never)


async def test_a_child_that_never_gets_ready_is_not_left_running(tmp_path: Path) -> None:
    child = a_child(tmp_path, "import time; time.sleep(60)")
    with pytest.raises(ChildError, match=r"not ready in 0\.2 s"):
        await child.start(never, within=0.2)
    assert child.exit_code == -signal.SIGKILL


async def test_a_child_that_runs_already_is_waited_for_when_somebody_asks(tmp_path: Path) -> None:
    child = a_child(tmp_path, "import time; time.sleep(60)")
    await child.start()
    first = child.pid
    await child.start(at_once)
    assert child.pid == first
    with pytest.raises(ChildError, match=r"not ready in 0\.2 s"):
        await child.start(never, within=0.2)
    assert child.exit_code == -signal.SIGKILL


async def test_a_child_is_asked_to_end_first(tmp_path: Path) -> None:
    child = a_child(tmp_path, "import time; time.sleep(60)")
    await child.start(at_once)
    assert await child.stop() == -signal.SIGTERM
    assert await child.wait() == -signal.SIGTERM


async def test_a_child_that_does_not_listen_is_killed(tmp_path: Path) -> None:
    child = a_child(tmp_path, f"{DEAF}; time.sleep(60)")

    async def is_deaf() -> bool:
        return b"up" in child.log.read_bytes()

    await child.start(is_deaf)
    assert await child.stop(within=0.2) == -signal.SIGKILL


async def test_stopping_what_was_never_started_does_nothing(tmp_path: Path) -> None:
    assert await a_child(tmp_path, "").stop() is None
