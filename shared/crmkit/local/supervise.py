import asyncio
import contextlib
import json
import math
import os
import signal
import subprocess
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeAlias

import psutil

Ready: TypeAlias = Callable[[], Awaitable[bool]]

POLL_SECONDS = 0.05
LOG_TAIL_LINES = 15
START_TIMES_DIFFER = 2.0
"""Seconds; the start time of a process moves a little when the machine's clock is set."""
_ENDS_WITHIN = 20.0
"""Seconds, before what an owner has left is killed."""


class ChildError(RuntimeError):
    """A process did not start, did not get ready, or belongs to an owner that still lives."""


@dataclass(frozen=True)
class Account:
    """The system account a child runs as, where that is not our own."""

    uid: int
    gid: int


@dataclass(frozen=True)
class Note:
    """Says, beside a child's log, which process it is and who started it."""

    pid: int
    started: float
    owner: int
    owner_started: float

    @classmethod
    def read(cls, path: Path) -> "Note | None":
        try:
            return cls(**json.loads(path.read_bytes()))
        except (FileNotFoundError, ValueError, TypeError):
            return None

    @classmethod
    def of(cls, pid: int) -> "Note":
        me = psutil.Process()
        return cls(pid, psutil.Process(pid).create_time(), me.pid, me.create_time())

    def child(self) -> psutil.Process | None:
        return _living(self.pid, self.started)

    def has_other_living_owner(self) -> bool:
        return self.owner != os.getpid() and _living(self.owner, self.owner_started) is not None


class Child:
    """One process that we start, watch and end.

    It outlives an owner that is killed; the next owner ends what a dead one left behind, and
    does not touch what a living one still uses.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        folder: Path,
        *,
        env: Mapping[str, str] | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
        account: Account | None = None,
    ) -> None:
        self.name = name
        self.log = folder / f"{name}.log"
        self._command = [str(part) for part in command]
        self._env = env
        self._stop_signal = stop_signal
        self._account = account
        self._note = folder / f"{name}.pid"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def exit_code(self) -> int | None:
        return self._process.poll() if self._process else None

    async def start(self, ready: Ready | None = None, *, within: float = 30) -> None:
        """Return when `ready` says yes; `within` is in seconds. ChildError has the log's end."""
        if not self.running:
            await self.end_leftover()
            self._spawn()
        if ready is not None:
            await self._wait_ready(ready, within)

    async def stop(self, *, within: float = 20, by: signal.Signals | None = None) -> int | None:
        """Ask, wait at most `within` seconds, then kill. None if it was never started."""
        if self._process is None:
            return None
        if self.running:
            self._process.send_signal(by or self._stop_signal)
            if not await _until(lambda: not self.running, within):
                self.kill()
        self._process.wait()
        self._note.unlink(missing_ok=True)
        return self._process.returncode

    async def wait(self) -> int:
        """The exit code, once the process has ended by itself or by another's hand."""
        await _until(lambda: not self.running, math.inf)
        if self._process is None:
            raise ChildError(f"{self.name} was never started")
        return self._process.returncode

    def kill(self) -> None:
        """End the process and what it started, without asking; it is in a session of its own."""
        if self._process is not None and self.running:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    async def end_leftover(self) -> None:
        """End the process that an owner now dead has left; ChildError if the owner lives."""
        note = Note.read(self._note)
        leftover = note.child() if note else None
        if note is None or leftover is None:
            return
        if note.has_other_living_owner():
            raise ChildError(f"{self.name} is in use by process {note.owner} ({self._note.parent})")
        with contextlib.suppress(psutil.NoSuchProcess):
            leftover.send_signal(self._stop_signal)
            if not await _until(lambda: note.child() is None, _ENDS_WITHIN):
                leftover.kill()
                await _until(lambda: note.child() is None, _ENDS_WITHIN)

    def _spawn(self) -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        account = self._account
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                cwd=self.log.parent,
                env=self._env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                user=account.uid if account else None,
                group=account.gid if account else None,
                extra_groups=[] if account else None,
            )
        self._note.write_text(json.dumps(asdict(Note.of(self._process.pid))))

    async def _wait_ready(self, ready: Ready, within: float) -> None:
        deadline = time.monotonic() + within
        try:
            while not await ready():
                if not self.running:
                    raise ChildError(f"{self.name} ended with {self.exit_code}{self._tail()}")
                if time.monotonic() > deadline:
                    raise ChildError(f"{self.name} not ready in {within:g} s{self._tail()}")
                await asyncio.sleep(POLL_SECONDS)
        except BaseException:
            self.kill()
            raise

    def _tail(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines()[-LOG_TAIL_LINES:]
        return "".join(f"\n  {line}" for line in lines)


async def _until(condition: Callable[[], bool], within: float) -> bool:
    deadline = time.monotonic() + within
    while not condition():
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(POLL_SECONDS)
    return True


def _living(pid: int, started: float) -> psutil.Process | None:
    """The process of that number, unless the number has passed to another one or it is a zombie."""
    try:
        process = psutil.Process(pid)
        same = abs(process.create_time() - started) < START_TIMES_DIFFER
        return process if same and process.status() != psutil.STATUS_ZOMBIE else None
    except psutil.Error:
        return None
