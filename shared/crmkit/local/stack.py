"""The whole house on one machine: PostgreSQL, broker, one API process, one worker process."""

import asyncio
import json
import math
import os
import secrets
import sys
from base64 import b64encode
from collections.abc import Callable, Iterable
from pathlib import Path
from uuid import UUID

import httpx

from crmkit.installed import installed
from crmkit.local.administrator import ADMIN_SCOPES, DEMO_MEMBER, DEMO_TENANT
from crmkit.local.broker import Broker, answers
from crmkit.local.gateway import Gateway
from crmkit.local.issuing import DevIssuer
from crmkit.local.keeping import Kept, keep
from crmkit.local.ports import claim, free_port, is_free, is_listened_on
from crmkit.local.postgres import Postgres
from crmkit.local.supervise import Child, ChildError
from crmkit.settings import Settings

_STARTS_WITHIN = 60
LOOPBACK = "127.0.0.1,::1"
"""Where the gateway calls from, which passes on who asked it."""

Say = Callable[[str], None]


class Stack:
    """Everything `crm up` runs, kept in one folder; a second start finds its data again.

    `kafka` is a broker that runs already; one of our own if empty. It serves one house only.
    """

    def __init__(self, folder: Path, port: int | None = None, kafka: str = "") -> None:
        self.folder = folder.resolve()
        self.port = port or free_port()
        self.metrics_ports = (free_port(), free_port())
        beside = self.port + 1
        self.gateway = Gateway(self.folder, self.url, beside if claim(beside) else free_port())
        self.postgres = Postgres(self.folder / "postgres")
        self.broker = None if kafka else Broker(self.folder / "broker")
        self._kafka = kafka
        self._children: list[Child] = []
        self._kept: list[Kept] = []
        self._announced = False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def token(self, tenant: UUID = DEMO_TENANT) -> str:
        """A token of the administrator, for whoever runs the stack."""
        return self._issuer().token(tenant, DEMO_MEMBER, ["admin"], "", ADMIN_SCOPES)

    def token_of(self, member: UUID, roles: Iterable[str], team: str) -> str:
        """A token of somebody who works at the demo's tenant."""
        return self._issuer().token(DEMO_TENANT, member, roles, team)

    async def start(self, say: Say = lambda _: None) -> None:
        """Start what is needed, in order; each step is waited for."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for name in ("api", "worker"):
            await Child(name, [], self.folder).end_leftover()
        if not is_free(self.port):
            raise ChildError(
                f"port {self.port} is taken; --port (of make: PORT=) names another, 0 any free one"
            )
        say("PostgreSQL and broker")
        await asyncio.gather(self.postgres.start(), self._start_broker())
        environment = os.environ | self.environment()
        os.environ.update(self.environment())
        say("databases")
        await asyncio.gather(*(self.postgres.provision(name) for name in installed()))
        self.gateway.begin()
        await self._start_processes(environment, say)
        (self.folder / "house.json").write_text(
            json.dumps({"url": self.url, "graphql": self.gateway.url, "reach": self._reach()})
        )
        self._announced = True

    async def keep(self, say: Say) -> None:
        """Start again what ends by itself, for as long as it is let; ChildError where that does
        not help. A broker of our own is empty then, and is told all of it again."""
        kept = [*self._kept, Kept("PostgreSQL", self.postgres.wait, self.postgres.start)]
        if self.broker:
            kept.append(Kept("broker", self.broker.wait, self.broker.start))
        await keep(kept, say)

    async def stop(self) -> None:
        """Those who use PostgreSQL and the broker first."""
        await asyncio.gather(self.gateway.stop(), *(child.stop() for child in self._children))
        if self.broker:
            await self.broker.stop()
        await self.postgres.stop()
        if self._announced:
            (self.folder / "house.json").unlink(missing_ok=True)

    def _reach(self) -> dict[str, str]:
        """Where PostgreSQL and the broker are, for commands that look at them from outside."""
        told = self.environment()
        return {name: told[name] for name in ("CRM_DATABASE_URL", "CRM_KAFKA")}

    def environment(self) -> dict[str, str]:
        """What the processes are told."""
        return {
            "CRM_DATABASE_URL": self.postgres.url_template,
            "CRM_KAFKA": self.broker.bootstrap if self.broker else self._kafka,
            "CRM_KAFKA_FETCH_WAIT_MS": "200",
            "CRM_JWKS_FILE": str(self._issuer().jwks_file),
            "CRM_WEBHOOK_KEY": self._key("webhooks"),
            "CRM_LEDGER_KEY": self._key("ledger"),
            "CRM_METRICS_HOST": "127.0.0.1",
            "CRM_TRUSTED_PROXIES": os.environ.get("CRM_TRUSTED_PROXIES", LOOPBACK),
        }

    async def _start_broker(self) -> None:
        if self.broker:
            await self.broker.start()
        elif not await answers(self._kafka):
            raise ChildError(f"no broker answers at {self._kafka} (CRM_KAFKA)")

    async def _start_processes(self, environment: dict[str, str], say: Say) -> None:
        """Both load their code at the same time; the worker migrates, for as long as that takes."""
        serve = ["serve", "all", "--port", str(self.port)]
        api = self._child("api", serve, environment, 0)
        worker = self._child("worker", ["worker", "all", "--migrate"], environment, 1)
        say("worker, which brings the databases up to date")
        await api.start()
        await worker.start(self._works, within=math.inf)
        say("API")
        await api.start(self._serves, within=_STARTS_WITHIN)
        self._kept = [
            Kept("worker", worker.wait, lambda: worker.start(self._works, within=math.inf)),
            Kept("api", api.wait, lambda: api.start(self._serves, within=_STARTS_WITHIN)),
        ]

    def _issuer(self) -> DevIssuer:
        return DevIssuer(self.folder / "keys", Settings())

    def _child(
        self, name: str, arguments: list[str], environment: dict[str, str], number: int
    ) -> Child:
        told = environment | {"CRM_METRICS_PORT": str(self.metrics_ports[number])}
        command = [sys.executable, "-m", "crmkit.cli", *arguments]
        child = Child(name, command, self.folder, env=told)
        self._children.append(child)
        return child

    async def _works(self) -> bool:
        """Whether the worker has migrated: it answers for its metrics from then on."""
        return await asyncio.to_thread(is_listened_on, self.metrics_ports[1])

    async def _serves(self) -> bool:
        """Asked of a port that is listened on only, for a client costs more than a look."""
        if not await asyncio.to_thread(is_listened_on, self.port):
            return False
        async with httpx.AsyncClient(base_url=self.url, timeout=2) as client:
            try:
                return (await client.get("/readyz")).is_success
            except httpx.TransportError:
                return False

    def _key(self, name: str) -> str:
        """32 random bytes in base64, made at the first start."""
        path = self.folder / "keys" / f"{name}.key"
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text(b64encode(secrets.token_bytes(32)).decode())
        return path.read_text()
