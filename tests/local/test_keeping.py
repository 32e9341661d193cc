"""What ends by itself is started again, and given up where that is of no use."""

import asyncio
import signal
import sys
from pathlib import Path

import pytest

from crmkit.local import keeping
from crmkit.local.keeping import AT_MOST, Kept, keep
from crmkit.local.supervise import Child, ChildError
from crmkit.testing.house import until
from tests.e2e.fleet import kill


def kept(folder: Path, program: str) -> tuple[Child, Kept]:
    child = Child("worker", [sys.executable, "-c", program], folder)
    return child, Kept("worker", child.wait, child.start)


async def test_what_was_killed_is_started_again_and_said(tmp_path: Path) -> None:
    child, each = kept(tmp_path, "import time; time.sleep(100)")
    said: list[str] = []
    await child.start()
    keeper = asyncio.create_task(keep([each], said.append))
    for times in (1, 2):
        before = child.pid
        kill(before)

        async def back(before: int | None = before) -> bool:
            return child.running and child.pid != before

        await until(back)
        assert len(said) == times
    assert said[0] == f"the worker ended with status {-signal.SIGKILL} and is started again"
    keeper.cancel()
    await asyncio.wait({keeper})
    assert child.running, "whoever keeps it stops it"
    await child.stop()


async def test_what_ends_again_and_again_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "PAUSE_SECONDS", 0.001)
    child, each = kept(tmp_path, "raise SystemExit(3)")
    said: list[str] = []
    await child.start()
    with pytest.raises(ChildError, match=f"status 3, and did so {AT_MOST + 1} times"):
        await keep([each], said.append)
    assert len(said) == AT_MOST


async def test_what_cannot_even_start_is_given_up_and_others_are_kept_till_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "PAUSE_SECONDS", 0.001)
    well, first = kept(tmp_path, "import time; time.sleep(100)")
    await well.start()

    async def ended() -> int:
        return 1

    async def start() -> None:
        raise ChildError("no room")

    said: list[str] = []
    with pytest.raises(ChildError, match="the API ended with status 1"):
        await keep([first, Kept("API", ended, start)], said.append)
    assert said.count("no room") == AT_MOST
    assert well.running
    await well.stop()
