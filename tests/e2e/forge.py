"""Starts processes of the house by fork, from one that has loaded its code already.

They are the same programs, `crm serve` and `crm worker`, without the seconds in which Python reads
them: tests that kill many can start many. `python -m tests.e2e.forge` is the one they come from: it
takes orders on its standard input, tells numbers and ends on its standard output, and takes all
with it when the input ends.
"""

import asyncio
import contextlib
import json
import math
import os
import select
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar, NoReturn

from crmkit.local.supervise import ChildError
from tests.e2e.levers import obey
from tests.e2e.shell import PROJECT

POLL_SECONDS = 0.02
TAIL = 3000
LOADED = ("crmkit.house", "crmkit.worker", "crmkit.migrations.runner", "uvicorn", "uvloop")


class Program:
    """One process of the forge: what `Child` is to a process of its own."""

    def __init__(self, forge: "Forge", name: str, arguments: list[str]) -> None:
        self.name = name
        self.told: dict[str, str] = {}
        """Added to the environment at the next start."""

        self.log = forge.folder / f"{name}.log"
        self.pid: int | None = None
        self.exit_code: int | None = None
        self._forge = forge
        self._arguments = arguments

    @property
    def running(self) -> bool:
        return self.pid is not None and self.exit_code is None

    async def start(
        self, ready: Callable[[], Awaitable[bool]] | None = None, *, within: float = 60
    ) -> None:
        """Return when `ready` says yes; ChildError has the log's end."""
        if not self.running:
            self.exit_code = None
            self.pid = await self._forge.fork(self, self._arguments, self.told)
        deadline = time.monotonic() + within
        while ready is not None and not await ready():
            if not self.running or time.monotonic() > deadline:
                raise ChildError(f"{self.name}: {self.exit_code} {self.tail()}")
            await asyncio.sleep(POLL_SECONDS)

    async def stop(self, *, within: float = 20) -> int | None:
        """SIGTERM, and SIGKILL after `within` seconds; how it ended. None if it never ran."""
        if self.running:
            self.signal(signal.SIGTERM)
            self.signal(signal.SIGCONT)
            if not await self._ended(within):
                self.signal(signal.SIGKILL)
        return await self.wait() if self.pid is not None else None

    async def wait(self) -> int:
        """How it ended, once it has: a status, or the negative number of a signal."""
        await self._ended(math.inf)
        if self.exit_code is None:
            raise ChildError(f"{self.name} was never started")
        return self.exit_code

    def signal(self, number: signal.Signals) -> None:
        if self.running and self.pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def tail(self) -> str:
        return self.log.read_text(errors="replace")[-TAIL:]

    async def _ended(self, within: float) -> bool:
        deadline = time.monotonic() + within
        while self.running:
            if time.monotonic() > deadline:
                return False
            await asyncio.sleep(POLL_SECONDS)
        return True


class Forge:
    """Starts what belongs together; `environment` is what every process is told."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment: Mapping[str, str] = {}
        self._forked: set[Program] = set()

    async def stop(self) -> None:
        """End whatever still runs."""
        for program in self._forked:
            program.signal(signal.SIGKILL)
        for program in self._forked:
            await program.wait()

    def program(self, name: str, *arguments: str) -> Program:
        return Program(self, name, list(arguments))

    async def run(self, name: str, *arguments: str, **told: str) -> tuple[int, str]:
        """A command to its end: its status, and all it has said."""
        program = self.program(name, *arguments)
        program.log.unlink(missing_ok=True)
        program.told = told
        await program.start()
        return await program.wait(), program.log.read_text()

    async def fork(self, program: Program, arguments: list[str], told: Mapping[str, str]) -> int:
        """The number of a new process."""
        order = {
            "arguments": arguments,
            "environment": bare() | dict(self.environment) | dict(told),
            "log": str(program.log),
        }
        self._forked.add(program)
        return await (await Furnace.lit()).fork(program, order)


class Furnace:
    """The one process that all forges of a loop fork from: it takes seconds to read the code."""

    _lit: ClassVar[dict[asyncio.AbstractEventLoop, "asyncio.Task[Furnace]"]] = {}

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._programs: dict[int, Program] = {}
        self._asked: list[asyncio.Future[int]] = []
        self._listening = asyncio.create_task(self._listen())

    @classmethod
    async def lit(cls) -> "Furnace":
        """That of this loop; the first who asks waits for it."""
        loop = asyncio.get_running_loop()
        if loop not in cls._lit:
            cls._lit[loop] = loop.create_task(cls._light())
        return await asyncio.shield(cls._lit[loop])

    @classmethod
    @contextlib.asynccontextmanager
    async def burning(cls) -> AsyncIterator[None]:
        """Whoever forks within lights it; afterwards it ends, and with it whatever still runs."""
        try:
            yield
        finally:
            lighting = cls._lit.pop(asyncio.get_running_loop(), None)
            if lighting is not None:
                await (await lighting)._end()

    async def _end(self) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()
        await self._listening
        await self._process.wait()

    async def fork(self, program: Program, order: Mapping[str, Any]) -> int:
        """The number of a new process; its end is told to the program."""
        if self._process.stdin is None:
            raise ChildError("the furnace was never lit")
        asked: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._asked.append(asked)
        self._process.stdin.write(json.dumps(order).encode() + b"\n")
        number = await asked
        self._programs[number] = program
        return number

    @classmethod
    async def _light(cls) -> "Furnace":
        return cls(
            await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "tests.e2e.forge"),
                cwd=PROJECT,
                env=bare(),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                start_new_session=True,
            )
        )

    async def _listen(self) -> None:
        if self._process.stdout is None:
            return
        ended: dict[int, int] = {}
        async for line in self._process.stdout:
            told = json.loads(line)
            if "forked" in told:
                self._asked.pop(0).set_result(told["forked"])
                await asyncio.sleep(0)
            else:
                ended[told["pid"]] = told["status"]
            for number in ended.keys() & self._programs.keys():
                self._programs.pop(number).exit_code = ended.pop(number)


def bare() -> dict[str, str]:
    """Our environment without what tests of this process were told."""
    return {name: value for name, value in os.environ.items() if not name.startswith("CRM_")}


def main() -> None:
    """Take orders until there are no more."""
    for name in LOADED:
        __import__(name)
    from crmkit.garbage import leave_to_stand  # noqa: PLC0415 - loaded once, as services are
    from crmkit.service import services  # noqa: PLC0415 - for all who are forked

    for service in services():
        _ = service.metadata, service.topics, service.follows, service.furniture("rest")
        service.furniture("gql")
    leave_to_stand()  # each who is forked would look through it again, and so copy all of it
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.signal(signal.SIGUSR1, signal.SIG_IGN)  # until whoever is forked obeys it
    living: set[int] = set()
    for order in _orders(reading, living):
        living.add(_fork(order))
    for number in living:
        with contextlib.suppress(ProcessLookupError):
            os.kill(number, signal.SIGKILL)


def _orders(woken: int, living: set[int]) -> Any:
    pending = b""
    while True:
        ready, _, _ = select.select([0, woken], [], [])
        if woken in ready:
            os.read(woken, 4096)
            _reap(living)
        if 0 in ready:
            read = os.read(0, 65536)
            if not read:
                return
            *lines, pending = (pending + read).split(b"\n")
            yield from map(json.loads, lines)


def _reap(living: set[int]) -> None:
    with contextlib.suppress(ChildProcessError):
        while True:
            number, status = os.waitpid(-1, os.WNOHANG)
            if not number:
                return
            living.discard(number)
            _tell(pid=number, status=os.waitstatus_to_exitcode(status))


def _tell(**told: int) -> None:
    os.write(1, json.dumps(told).encode() + b"\n")


def _fork(order: dict[str, Any]) -> int:
    number = os.fork()
    if number == 0:
        _become(order)
    _tell(forked=number)
    return number


def _become(order: dict[str, Any]) -> NoReturn:
    """A process as if it had been started by itself."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    log = os.open(order["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.environ.clear()
    os.environ.update(order["environment"])
    sys.argv = ["crm", *order["arguments"]]
    obey()
    os._exit(_run())


def _run() -> int:
    import traceback  # noqa: PLC0415 - for the rare end by an error

    from crmkit.cli import main as crm  # noqa: PLC0415 - loaded by then

    status = 1
    try:
        crm()
        status = 0
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else int(bool(ended.code))
    except BaseException:
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    return status


if __name__ == "__main__":
    main()
