"""Processes that answer a line with a line: the load client, and who is told by webhooks."""

import asyncio
import os
import sys
from pathlib import Path
from typing import Any, Self

import msgspec

from benchmarks.load import Load, Outcome

_SECONDS = 60
_LONGEST_LINE = 2**24


class Talker:
    """A module of this package in a process of its own."""

    def __init__(self, module: str) -> None:
        self._module = module

    async def __aenter__(self) -> Self:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", self._module),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=_LONGEST_LINE,
            env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])},
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()

    async def hear(self, seconds: float = _SECONDS) -> bytes:
        """The next line; RuntimeError where the process has ended."""
        assert self._process.stdout is not None
        async with asyncio.timeout(seconds):
            line = await self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self._module} ended")
        return line

    def say(self, line: bytes) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line + b"\n")


class Client(Talker):
    """Runs loads one after the other."""

    def __init__(self) -> None:
        super().__init__("benchmarks.load")

    async def run(self, load: Load) -> Outcome:
        """RuntimeError where any request was refused, with the first refusal.

        At a fixed rate, a service that has more to do than it can says so by 503; that is told.
        """
        self.say(msgspec.json.encode(load))
        outcome = msgspec.json.decode(await self.hear(load.seconds + _SECONDS), type=Outcome)
        if load.rate and outcome.failed:
            print(f"{outcome.failed} refused, {outcome.answered} answered", file=sys.stderr)
        elif outcome.failed:
            raise RuntimeError(f"{load.method} {load.path}: {outcome.failure}")
        if not outcome.answered:
            raise RuntimeError(f"{load.method} {load.path}: no answer")
        return outcome


class Sink(Talker):
    """A receiver of webhooks at `port`."""

    def __init__(self) -> None:
        super().__init__("benchmarks.sink")

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        self.port: int = msgspec.json.decode(await self.hear())
        return self

    async def latencies(self) -> list[float]:
        """From each event's instant to its arrival here, in ms, since the last question."""
        self.say(b"")
        found: Any = msgspec.json.decode(await self.hear())
        return list(found)
