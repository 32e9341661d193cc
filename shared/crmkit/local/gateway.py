"""The federated GraphQL endpoint beside a stack: started where it can be, not missed where not."""

import asyncio
import fcntl
import hashlib
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from crmkit.local.jars import PROJECT
from crmkit.local.node import Absent, Node, fetch_node, find_node, run_logged
from crmkit.local.ports import is_listened_on
from crmkit.local.supervise import Child, ChildError

HOME = PROJECT / "deploy" / "gateway"
_INSTALLS_WITHIN = 120
_STARTS_WITHIN = 30
_MARK = ".installed"
_CI = ("ci", "--ignore-scripts", "--fetch-retries=0", "--fetch-timeout=30000", "--loglevel=error")

Say = Callable[[str], None]


class Gateway:
    """One process; `line` says where it answers, or why there is none."""

    def __init__(self, folder: Path, api: str, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}/graphql"
        self._port = port
        self._folder = folder
        self._told = {
            "CRM_GATEWAY_SUBGRAPHS": f"{api}/graphql/{{service}}",
            "CRM_GATEWAY_PORT": str(port),
        }
        self._child: Child | None = None
        self._starting: asyncio.Task[None] | None = None
        self._doing: list[str] = []
        self._absent = ""

    @property
    def line(self) -> str:
        """For whoever has just started the stack."""
        if self._absent:
            return f"no gateway ({self._absent}): the subgraphs answer at their own paths"
        doing = ", ".join(["being installed", *self._doing])
        return f"{self.url}   ({doing})" if self.is_under_way else self.url

    @property
    def is_under_way(self) -> bool:
        """Whether `line` does not know yet what comes of it."""
        return self._starting is not None and not self._starting.done()

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
            node = await prepared(self._folder, self._doing.append)
            child = Child(
                "gateway",
                [node.program, str(HOME / "server.mjs")],
                self._folder,
                env=os.environ | self._told,
            )
            await child.end_leftover()
            self._child = child
            await child.start(self._ready, within=_STARTS_WITHIN)
        except (Absent, ChildError, OSError) as error:
            self._absent = str(error).partition("\n")[0]

    async def _ready(self) -> bool:
        if not await asyncio.to_thread(is_listened_on, self._port):
            return False  # a client costs more than a look
        async with httpx.AsyncClient(timeout=2, trust_env=False) as client:
            try:
                return (await client.get(self.url.replace("/graphql", "/livez"))).is_success
            except httpx.TransportError:
                return False


async def prepared(folder: Path, say: Say = lambda _: None) -> Node:
    """Node, with the gateway's packages installed; logs go to `folder`. Absent, with why."""
    if not (HOME / "server.mjs").exists():
        raise Absent("deploy/gateway is not here")
    node = await find_node()
    if node is None:
        say("with a Node of its own: 61 MB, this once")
        node = await fetch_node(folder / "gateway-node.log")
    await install(HOME, node, folder / "gateway-install.log")
    return node


async def install(home: Path, node: Node, log: Path) -> None:
    """Install what the lock file names, once; several stacks that start at once wait in turn."""
    wanted = hashlib.sha256((home / "package-lock.json").read_bytes()).hexdigest()
    mark = home / "node_modules" / _MARK
    if _read(mark) == wanted:
        return
    async with _alone(home / ".installing"):
        if _read(mark) == wanted:
            return
        if await run_logged([*node.npm, *_CI], home, log, _INSTALLS_WITHIN) != 0:
            raise Absent(f"its packages cannot be installed, see {log}")
        mark.write_text(wanted)


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
