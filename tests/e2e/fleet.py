"""An API and a worker of each service as processes of their own, on ports of their own."""

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import httpx

from crmkit.kernel import ids
from crmkit.local.issuing import DevIssuer
from crmkit.local.ports import free_port, is_listened_on
from crmkit.local.postgres import Postgres
from crmkit.remote.api import unsettled
from crmkit.settings import Settings
from crmkit.testing.brokers import reach, tried_broker
from crmkit.testing.cluster import furnish
from crmkit.testing.house import until
from tests.e2e.forge import Forge, Furnace, Program

WEBHOOK_KEY = "aV9hbV9hX3Rlc3Rfa2V5X29mXzMyX2J5dGVzISEhISE="
STARTS_WITHIN = 90


class Fleet:
    """PostgreSQL, where every service has its database, the broker, and two processes for each."""

    def __init__(self, folder: Path, names: Sequence[str]) -> None:
        self.folder = folder
        self.names = names
        self.postgres = Postgres(folder / "postgres", durable=False)
        self.broker = tried_broker(folder / "broker")
        self.ports = {name: free_port() for name in names}
        self.forge = Forge(folder)
        self.apis: dict[str, Program] = {}
        self.workers: dict[str, Program] = {}
        self.issuer = DevIssuer(folder / "keys", Settings())
        self._stack = AsyncExitStack()

    async def start(self) -> None:
        await furnish(self.folder / "postgres")
        await asyncio.gather(self.postgres.start(), self.broker.start(), Furnace.lit())
        self.forge.environment = self.environment()
        for name in self.names:
            port = str(self.ports[name])
            self.workers[name] = self.program(f"{name}.worker", "worker", name)
            self.apis[name] = self.program(f"{name}.api", "serve", name, "--port", port)
        await self._spawn()

    async def _spawn(self) -> None:
        await asyncio.gather(*(worker.start() for worker in self.workers.values()))
        await asyncio.gather(*(self.start_api(name) for name in self.names))

    async def stop(self) -> None:
        await self._stack.aclose()
        programs = [*self.apis.values(), *self.workers.values()]
        await asyncio.gather(*(program.stop() for program in programs))
        await self.forge.stop()
        await self.broker.stop()
        await self.postgres.erase()

    def program(self, name: str, *arguments: str) -> Program:
        """A process that was not started yet."""
        return self.forge.program(name, *arguments)

    async def start_api(self, name: str) -> None:
        async with self.anyone(name) as client:

            async def ready() -> bool:
                if not is_listened_on(self.ports[name]):
                    return False  # a request that is refused costs thirty times as much
                try:
                    return (await client.get("/readyz")).is_success
                except httpx.TransportError:
                    return False

            await self.apis[name].start(ready, within=STARTS_WITHIN)

    def anyone(self, name: str, token: str = "") -> httpx.AsyncClient:
        """A client of one service's port."""
        return httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{self.ports[name]}",
            headers={"authorization": f"Bearer {token}"} if token else {},
            timeout=30,
        )

    def person(
        self, tenant: UUID, *roles: str, member: UUID | None = None, scopes: Iterable[str] = ()
    ) -> "Person":
        """Somebody who may call every service."""
        member = member or ids.new()
        token = self.issuer.token(tenant, member, roles, "cn/east", scopes)
        person = Person({name: self.anyone(name, token) for name in self.names}, member)
        self._stack.push_async_callback(person.close)
        return person

    @asynccontextmanager
    async def database(self, name: str, role: str = "system") -> AsyncIterator[asyncpg.Connection]:
        """A connection to a service's own database."""
        connection = await asyncpg.connect(self.postgres.url(name, role))
        try:
            yield connection
        finally:
            await connection.close()

    async def settle(self, admin: "Person", seconds: float = 150) -> None:
        """Wait until all that was written before has been told, heard and reacted to."""
        before: list[int] = []

        async def quiet() -> bool:
            nonlocal before
            asked = (admin.ask(name, "GET", f"/v1/progress/{name}") for name in self.names)
            reports = await asyncio.gather(*asked)
            ledgers = [report["ledger"] for report in reports]
            still, before = ledgers == before and not unsettled(reports), ledgers
            return still

        await until(quiet, seconds)

    async def parked(self) -> list[str]:
        """What services could not apply, and why."""
        found = []
        for name in self.names:
            async with self.database(name) as connection:
                rows = await connection.fetch("select topic, error from parked")
            found += [f"{name}: {row['topic']}: {row['error']}" for row in rows]
        return found

    def environment(self) -> dict[str, str]:
        """What every process is told."""
        return reach(self.broker) | {
            "CRM_DATABASE_URL": self.postgres.url_template,
            "CRM_KAFKA_FETCH_WAIT_MS": "200",
            "CRM_JWKS_FILE": str(self.issuer.jwks_file),
            "CRM_POOL_SIZE": "4",
            "CRM_WEBHOOK_KEY": WEBHOOK_KEY,
            "CRM_WEBHOOK_ALLOW_PRIVATE": "127.0.0.0/8",
        }


class Person:
    """One caller of all services."""

    def __init__(self, clients: dict[str, httpx.AsyncClient], member: UUID) -> None:
        self.clients = clients
        self.member = member

    async def ask(self, service: str, method: str, path: str, **options: Any) -> Any:
        """The JSON of a successful answer."""
        answer = await self.clients[service].request(method, path, **options)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json()

    async def graphql(self, service: str, query: str, **variables: Any) -> Any:
        """The one field that was asked for; a Problem fails."""
        sent = {"query": query, "variables": variables}
        answer = await self.ask(service, "POST", f"/graphql/{service}", json=sent)
        assert "errors" not in answer, answer
        (found,) = answer["data"].values()
        assert "code" not in (found or {}), found
        return found

    async def close(self) -> None:
        for client in self.clients.values():
            await client.aclose()


def kill(pid: int | None) -> None:
    """End a process without asking."""
    assert pid is not None
    os.kill(pid, 9)


@asynccontextmanager
async def running_fleet(*names: str) -> AsyncIterator[Fleet]:
    """A fleet in a folder of its own, taken away afterwards."""
    folder = open_folder()
    fleet = Fleet(folder, names)
    try:
        await fleet.start()
        yield fleet
    finally:
        await fleet.stop()
        shutil.rmtree(folder, ignore_errors=True)


def open_folder(prefix: str = "crm-fleet-") -> Path:
    """One that the account of PostgreSQL may enter."""
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    folder.chmod(0o755)
    return folder
