"""The load client's process, from the side of who starts it."""

import asyncio
import os
import sys
from pathlib import Path
from typing import Self

import msgspec

from benchmarks.load import Load, Outcome


class Client:
    """Runs loads one after the other."""

    async def __aenter__(self) -> Self:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "benchmarks.load"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])},
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()

    async def run(self, load: Load) -> Outcome:
        """RuntimeError where any request was refused, with the first refusal."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(msgspec.json.encode(load) + b"\n")
        async with asyncio.timeout(load.seconds + 60):
            line = await self._process.stdout.readline()
        outcome = msgspec.json.decode(line, type=Outcome)
        if outcome.failed or not outcome.answered:
            raise RuntimeError(f"{load.method} {load.path}: {outcome.failure}")
        return outcome
