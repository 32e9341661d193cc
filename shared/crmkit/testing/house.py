"""What tests run against: every service's database and API in this process, workers on demand."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import httpx

from crmkit.db.executor import Call, Executor
from crmkit.db.pool import Database
from crmkit.db.tables import Record
from crmkit.events.envelope import topic
from crmkit.house import house
from crmkit.kernel import ids
from crmkit.kernel.actor import Actor
from crmkit.local.issuing import DevIssuer
from crmkit.local.postgres import Postgres
from crmkit.service import Service, services
from crmkit.settings import Settings
from crmkit.testing.brokers import reach, tried_broker
from crmkit.testing.cluster import furnish, new_folder
from crmkit.testing.workshop import Workshop

R = TypeVar("R", bound=Record | None)
_PATIENCE = 150.0
_RATES = tuple(f"CRM_RATE_{name}" for name in ("READ", "WRITE", "BULK", "TENANT", "FAILURES"))
"""Off: tests ask as fast as they can, all from one address."""


class Caller:
    """An HTTP client that speaks as one actor, and runs commands as them."""

    def __init__(self, client: httpx.AsyncClient, actor: Actor, executor: Executor) -> None:
        self.client = client
        self.actor = actor
        self.executor = executor
        self.get = client.get
        self.post = client.post
        self.put = client.put
        self.patch = client.patch
        self.delete = client.delete

    async def __call__(self, command: Callable[..., Awaitable[R]], *args: Any, **call: Any) -> R:
        """Run a command and write it, as the edge does."""
        outcome = await self.executor.write(Call(self.actor, **call), command, *args)
        return outcome.row

    async def graphql(self, service: str, query: str, **variables: Any) -> dict[str, Any]:
        """Post a query; the whole answer."""
        answer = await self.post(
            f"/graphql/{service}", json={"query": query, "variables": variables}
        )
        result: dict[str, Any] = answer.json()
        return result

    async def emitted(self, aggregate_id: UUID | str) -> list[str]:
        """The types of the events of one aggregate, in order."""
        async with self.executor.database.lend(self.actor.tenant_id) as connection:
            found = await connection.fetch(
                "select type from event where aggregate_id = $1 order by version", aggregate_id
            )
        return [row["type"] for row in found]


class House:
    """Services brought up as tests ask for them; one for each test worker.

    `bare`: nobody has a database yet; a service is migrated when it is first asked for.
    """

    def __init__(self, folder: Path, nodes: int | None = None, *, bare: bool = False) -> None:
        self.folder = folder
        self._bare = bare
        self.postgres = Postgres(folder / "postgres", durable=False)
        self.broker = tried_broker(folder / "broker", nodes)
        self._stack = AsyncExitStack()
        self._services: dict[str, Service] = {}
        self._apis: dict[str, Any] = {}
        self._executors: dict[str, Executor] = {}
        self._systems: dict[str, Database] = {}
        self._broker_up = False
        self._working: set[str] = set()
        self._workshop = Workshop()

    async def start(self) -> None:
        if not self._bare:
            await furnish(self.folder / "postgres")
        await self.postgres.start()
        self.issuer = DevIssuer(self.folder / "keys", Settings())
        os.environ.update(
            CRM_DATABASE_URL=self.postgres.url_template,
            CRM_JWKS_FILE=str(self.issuer.jwks_file),
            CRM_POOL_SIZE="4",
            CRM_KAFKA_FETCH_WAIT_MS="200",
            **dict.fromkeys(_RATES, "0"),
            CRM_WEBHOOK_KEY="aV9hbV9hX3Rlc3Rfa2V5X29mXzMyX2J5dGVzISEhISE=",
        )

    async def stop(self) -> None:
        await self._workshop.close()
        await self._stack.aclose()
        if self._broker_up:
            await self.broker.stop()
        await self.postgres.erase()

    def service(self, name: str) -> Service:
        if name not in self._services:
            (self._services[name],) = services([name])
        return self._services[name]

    def settings(self, name: str) -> Settings:
        return self.service(name).settings.load()

    async def executor(self, name: str) -> Executor:
        """Writes as the service's app role."""
        if name not in self._executors:
            service = self.service(name)
            if self._bare:
                await self.postgres.provision(name)
                await service.migrator(self.settings(name)).upgrade()
            database = await self._open(name, "app")
            self._executors[name] = Executor(database, service.policy)
        return self._executors[name]

    async def system(self, name: str) -> Database:
        """The service's database as relay and consumer see it."""
        await self.executor(name)
        if name not in self._systems:
            self._systems[name] = await self._open(name, "system")
        return self._systems[name]

    async def caller(
        self,
        name: str,
        tenant: UUID,
        *roles: str,
        member: UUID | None = None,
        team: str = "cn/east",
        scopes: Iterable[str] = (),
    ) -> Caller:
        """Somebody with these roles, calling the API of the service in this process."""
        executor = await self.executor(name)
        actor = Actor(tenant, member or ids.new(), frozenset(roles), team, frozenset(scopes))
        token = self.issuer.token(tenant, actor.member_id, roles, team, scopes)
        client = httpx.AsyncClient(
            transport=httpx.ASGITransport(await self.api(name), raise_app_exceptions=False),
            base_url="http://test",
            headers={"authorization": f"Bearer {token}"},
        )
        return Caller(client, actor, executor)

    async def work(self, *names: str) -> None:
        """Run relay and consumer of these services in this process, to the end of the module."""
        if not self._broker_up:
            await self.broker.start()
            self._broker_up = True
            os.environ.update(reach(self.broker))
        for name in names:
            if name not in self._working:
                await self.executor(name)  # migrates
                self._working.add(name)
                await self._workshop.do(self._workshop.begin(self.service(name)))

    async def rest(self) -> None:
        """Nobody works any more: relays and consumers that nobody waits for take a third of the
        machine, to ask whether there is anything new."""
        await self._workshop.close()
        self._working.clear()

    async def caught_up(self, producer: str, consumer: str) -> None:
        """Wait until the consumer has taken in all the producer has written so far, which is all
        that any test has written where nobody heard it before; TimeoutError says what is missing.
        """
        behind: list[str] = []

        async def done() -> bool:
            behind[:] = await self._behind(producer, consumer)
            return not behind

        try:
            await until(done)
        except TimeoutError as error:
            raise TimeoutError(f"{producer} to {consumer}: {', '.join(behind)}") from error

    async def _behind(self, producer: str, consumer: str) -> list[str]:
        """What of the way from one service to another is not done."""
        service = self.service(consumer)
        told, heard = await self.system(producer), await self.system(consumer)
        topics = set(service.follows) & {topic(t) for t in self.service(producer).metadata.tables}
        async with told.system() as connection:
            if await connection.fetchval("select exists (select from outbox)"):
                return ["the outbox is not empty"]
            ledger = await connection.fetchval("select coalesce(max(position), 0) from ledger")
            position = await connection.fetchval("select position from relay")
            heads = await connection.fetch("select topic, partition, position from published")
        if position < ledger:
            return [f"the relay is at {position} of {ledger}"]
        async with heard.system() as connection:
            marks = {
                (row["topic"], row["partition"]): row["position"]
                for row in await connection.fetch(
                    "select * from watermark where producer = $1", producer
                )
            }
        places = [(head, marks.get((head["topic"], head["partition"]), 0)) for head in heads]
        return [
            f"{head['topic']}/{head['partition']} is at {mark} of {head['position']}"
            for head, mark in places
            if head["topic"] in topics and mark < head["position"]
        ]

    async def api(self, name: str) -> Any:
        """The ASGI app of the service alone, started."""
        if name not in self._apis:
            app = house([self.service(name)], self.settings(name))
            await self._stack.enter_async_context(lifespan(app))
            self._apis[name] = app
        return self._apis[name]

    async def _open(self, name: str, role: str) -> Database:
        database = await Database.open(
            self.settings(name).dsn(name, role), size=6, name=f"test.{name}.{role}"
        )
        self._stack.push_async_callback(database.close)
        return database


async def until(done: Callable[[], Awaitable[bool]], seconds: float = _PATIENCE) -> None:
    """Wait for a condition; TimeoutError where it does not come."""
    pause = 0.02
    async with asyncio.timeout(seconds):
        while not await done():
            await asyncio.sleep(pause)
            pause = min(pause * 1.25, 0.08)  # to ask takes from those who are waited for


@asynccontextmanager
async def running_house(nodes: int | None = None, *, bare: bool = False) -> AsyncIterator[House]:
    """A house in a folder of its own, taken away afterwards; this process's settings, which point
    at it meanwhile, are what they were. `nodes`: of Apache Kafka; as NODES says, if left out."""
    folder, before = new_folder("crm-test-"), _told()
    house_ = House(folder, nodes, bare=bare)
    await house_.start()
    try:
        yield house_
    finally:
        await house_.stop()
        shutil.rmtree(folder, ignore_errors=True)
        for name in _told():
            del os.environ[name]
        os.environ.update(before)


def _told() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name.startswith("CRM_")}


@asynccontextmanager
async def lifespan(app: Any) -> AsyncIterator[None]:
    """Run an ASGI app's start-up and shut-down, in a task of its own."""
    inbox: asyncio.Queue[dict[str, str]] = asyncio.Queue()
    outbox: asyncio.Queue[dict[str, str]] = asyncio.Queue()
    task = asyncio.create_task(app({"type": "lifespan", "state": {}}, inbox.get, outbox.put))
    await inbox.put({"type": "lifespan.startup"})
    started = await outbox.get()
    if started["type"] != "lifespan.startup.complete":
        raise RuntimeError(started)
    yield
    await inbox.put({"type": "lifespan.shutdown"})
    await outbox.get()
    await task
