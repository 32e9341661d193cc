"""Where it is measured: PostgreSQL, broker and servers of our own, on free ports, ended after."""

import os
import sys
from base64 import b64encode
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Self

import asyncpg
import httpx

from benchmarks.client import Client
from benchmarks.data import BARE, Data
from benchmarks.measure import spent
from benchmarks.tenant import CALLER, MEMBERS, ROLES, TEAM, TENANT, member_id
from crmkit.local.broker import Broker
from crmkit.local.issuing import DevIssuer
from crmkit.local.placement import place
from crmkit.local.ports import free_port
from crmkit.local.postgres import Postgres
from crmkit.local.supervise import Child
from crmkit.service import services
from crmkit.settings import Settings
from services.opportunities.pipeline.domain import STANDARD

ROOT = Path(__file__).parents[1]
_UNLIMITED = dict.fromkeys(
    (f"CRM_RATE_{name}" for name in ("READ", "WRITE", "BULK", "TENANT", "FAILURES")), "1000000"
)
"""Callers are counted as ever, and none is refused."""

_WITHIN = 60
SERVICES = ("leads", "opportunities", "reporting", "webhooks")


class Server:
    """An HTTP server in a process of its own."""

    def __init__(self, child: Child, port: int) -> None:
        self.child = child
        self.port = port

    @property
    def pid(self) -> int:
        assert self.child.pid is not None
        return self.child.pid

    async def answers(self) -> bool:
        async with httpx.AsyncClient(timeout=2) as client:
            try:
                return (await client.get(f"http://127.0.0.1:{self.port}/livez")).is_success
            except httpx.TransportError:
                return False


class Ground:
    """Everything that runs, in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.postgres = Postgres(folder / "postgres")
        self.broker = Broker(folder / "broker")
        self.data = Data(self.postgres)
        self.asked: Counter[str] = Counter()
        """How many requests of each kind a server has had."""

        self.begun: Counter[str] = Counter()
        """The same when no row stood in `stage` yet."""

        self._stages = iter(stage.code for stage in STANDARD[1:])
        self._stack = AsyncExitStack()
        self._broker_runs = False

    async def __aenter__(self) -> Self:
        try:
            await self._begin()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def _begin(self) -> None:
        self._stack.push_async_callback(self.postgres.erase)
        await self.postgres.start()
        await self._note_commits()
        self._issuer = DevIssuer(self.folder / "keys", Settings())
        self.client = Client()
        await self._stack.enter_async_context(self.client)
        for name in [name for name in os.environ if name.startswith("CRM_")]:
            del os.environ[name]
        os.environ.update(self._told())
        for service in services(SERVICES):
            await self.postgres.provision(service.name)
            await service.migrator(service.settings.load()).upgrade()
        await self.data.prepare()

    async def grow(self, rows: int, *, last: bool = False) -> None:
        """Up to so many rows; from now on deals move into a stage that none has been in.

        After the last time only the services are asked.
        """
        await (self.data.fill if last else self.data.grow)(rows)
        self.begun = self.asked.copy()
        self.stage = next(self._stages)

    async def _note_commits(self) -> None:
        """When a row was committed is asked of PostgreSQL; the server has to start with it."""
        connection = await asyncpg.connect(self.postgres.admin_url())
        await connection.execute("alter system set track_commit_timestamp = on")
        await connection.close()
        await self.postgres.stop()
        await self.postgres.start()

    @property
    def postgres_pid(self) -> int:
        assert self.postgres.pid is not None
        return self.postgres.pid

    @property
    def programs(self) -> Path:
        """Where pgbench is."""
        return place(self.folder / "postgres").programs

    @property
    def headers(self) -> dict[str, str]:
        """Of a caller whose rights are looked at row by row."""
        token = self._issuer.token(TENANT, CALLER, ROLES, TEAM)
        return {"authorization": f"Bearer {token}"}

    @property
    def tokens(self) -> list[str]:
        """Of each member."""
        return [self._issuer.token(TENANT, member_id(n), ROLES, TEAM) for n in range(MEMBERS)]

    @property
    def operator(self) -> dict[str, str]:
        """Of an administrator."""
        return {"authorization": f"Bearer {self._issuer.token(TENANT, CALLER, ['admin'])}"}

    def cpu(self, *pids: int) -> float:
        """CPU seconds of these processes and of PostgreSQL."""
        return spent(self.postgres_pid, *pids)

    @asynccontextmanager
    async def serving(self, *names: str) -> AsyncIterator[Server]:
        """`crm serve` of these services, in one process."""
        port = free_port()
        arguments = ["-m", "crmkit.cli", "serve", *names, "--port", str(port)]
        async with self._server("-".join(("api", *names)), port, arguments) as server:
            yield server

    @asynccontextmanager
    async def baseline(self, name: str) -> AsyncIterator[Server]:
        """A server of `benchmarks/baselines`; uvicorn does for it what it does for ours."""
        port = free_port()
        app = f"benchmarks.baselines.{name}:app"
        alike = ["--no-access-log", "--no-proxy-headers", "--no-server-header", "--no-date-header"]
        quiet = ["--log-level", "warning", "--app-dir", str(ROOT)]
        arguments = ["-m", "uvicorn", app, "--port", str(port), *alike, *quiet]
        async with self._server(name, port, arguments) as server:
            yield server

    async def restart_broker(self) -> None:
        """It forgets all it held."""
        if self._broker_runs:
            await self.broker.stop()
            await self.broker.start()

    @asynccontextmanager
    async def working(self, *names: str) -> AsyncIterator[int]:
        """`crm worker` of these services, in one process; its pid."""
        if not self._broker_runs:
            self._stack.push_async_callback(self.broker.stop)
            await self.broker.start()
            self._broker_runs = True
        child = self._child("-".join(("worker", *names)), ["-m", "crmkit.cli", "worker", *names])
        await child.start()
        try:
            assert child.pid is not None
            yield child.pid
        finally:
            await child.stop()

    @asynccontextmanager
    async def _server(
        self, name: str, port: int, arguments: Sequence[str]
    ) -> AsyncIterator[Server]:
        child = self._child(name, arguments)
        server = Server(child, port)
        await child.start(server.answers, within=_WITHIN)
        try:
            yield server
        finally:
            await child.stop()

    def _child(self, name: str, arguments: Sequence[str]) -> Child:
        told = os.environ | self._told() | {"PYTHONPATH": str(ROOT)}
        return Child(name, [sys.executable, *arguments], self.folder, env=told)

    def _told(self) -> dict[str, str]:
        return _UNLIMITED | {
            "CRM_DATABASE_URL": self.postgres.url_template,
            "CRM_KAFKA": self.broker.bootstrap if self._broker_runs else "127.0.0.1:1",
            "CRM_KAFKA_FETCH_WAIT_MS": "20",
            "CRM_JWKS_FILE": str(self._issuer.jwks_file),
            "CRM_WEBHOOK_KEY": b64encode(bytes(32)).decode(),
            "CRM_WEBHOOK_ALLOW_PRIVATE": "127.0.0.0/8",
            "BARE_DSN": self.postgres.admin_url(f"crm_{BARE}"),
            "BARE_REPORTING_DSN": self.postgres.admin_url("crm_reporting"),
        }
