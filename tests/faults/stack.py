"""The house as it is tried: every service with an API and a worker process of its own, PostgreSQL
and the broker reached through proxies only."""

import asyncio
import contextlib
import math
import random
import shutil
import signal
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psutil

from crmkit.installed import installed
from crmkit.kernel import clock
from crmkit.local.ports import free_port
from crmkit.local.postgres import Postgres
from crmkit.testing.brokers import Embedded, apache_wanted
from tests.e2e.fleet import Fleet, Person, open_folder
from tests.e2e.forge import Program
from tests.e2e.levers import Lever, earlier
from tests.e2e.receiver import Receiver, receiving
from tests.faults.load import Load
from tests.faults.proxy import PostgresProxy, Proxy

FOLLOWED = "crm.lead.v1"
TYPES = ["lead.*", "opportunity.*", "contract.*", "target.*"]
ARMED_WITH = "CRM_FAULT_POINT"
MENDED_WITHIN = 120
ISSUED_BEFORE = timedelta(hours=2)
"""Tokens are older than a clock is set back, else they would be refused as of the future."""


class Skipped(Exception):
    """A fault that this machine does not let us do, and why."""


class Stack(Fleet):
    """All services."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, installed())
        self.to_postgres = PostgresProxy(lambda: self.postgres.port)
        self.to_broker = Proxy(lambda: self.own_broker.port)
        self.own_broker = Embedded(folder / "broker", advertised=f"127.0.0.1:{self.to_broker.port}")
        if not apache_wanted():
            self.broker = self.own_broker
        self.metrics_ports = {name: free_port() for name in ("monitor", "leads.worker")}
        self.levers: dict[str, Lever] = {}
        """Of each process, by its name."""

        self.judged: dict[str, int] = {}
        """How many bytes of each process's log the ORACLE has read."""

        self.poison: set[bytes] = set()
        """What was put on FOLLOWED and can never be applied."""

    async def start(self) -> None:
        await asyncio.gather(self.to_postgres.start(), self.to_broker.start())
        await super().start()

    async def _spawn(self) -> None:
        self.monitor = self.program("monitor", "monitor", "all")
        for program in self.programs:
            self.levers[program.name] = Lever(self.folder, program.name)
            program.told |= self.levers[program.name].environment
            if port := self.metrics_ports.get(program.name):
                program.told["CRM_METRICS_PORT"] = str(port)
        await asyncio.gather(self.monitor.start(), super()._spawn())

    def person(self, *tenant_and_roles: Any, **more: Any) -> Person:
        with earlier(ISSUED_BEFORE):
            return super().person(*tenant_and_roles, **more)

    async def stop(self) -> None:
        await super().stop()
        await asyncio.gather(self.to_postgres.stop(), self.to_broker.stop())

    def environment(self) -> dict[str, str]:
        port = self.to_postgres.port
        where = f"crm_{{service}}_{{role}}@127.0.0.1:{port}/crm_{{service}}"
        rates = ("READ", "WRITE", "TENANT", "FAILURES")
        return super().environment() | {
            "CRM_DATABASE_URL": f"postgresql://{where}",
            "CRM_KAFKA_FETCH_WAIT_MS": "250",
            "CRM_WEBHOOK_DEADLINE_SECONDS": "2",
            **{f"CRM_RATE_{name}": "0" for name in rates},
        }

    @property
    def programs(self) -> list[Program]:
        return [*self.apis.values(), *self.workers.values(), self.monitor]

    async def revive(self, program: Program) -> None:
        """Start it again; an API is waited for."""
        name, _, kind = program.name.partition(".")
        if kind == "api":
            await self.start_api(name)
        else:
            await program.start()

    def arm(self, program: Program, wanted: str) -> None:
        """Have it end at that point from now on, or from its next start if it does not run."""
        self.levers[program.name].arm(wanted)
        program.told[ARMED_WITH] = wanted
        program.signal(signal.SIGUSR1)

    async def mend(self) -> None:
        """Undo whatever a fault that did not come to its end has left: all runs, at the right time,
        and nothing lies between. TimeoutError where that cannot be had."""
        for proxy in (self.to_postgres, self.to_broker):
            proxy.delay_seconds, proxy.swallows = 0, False
        self.to_postgres.loses = 0
        for lever in self.levers.values():
            lever.set_clock(0)
        signal_tree(self.postgres, signal.SIGCONT)
        async with asyncio.timeout(MENDED_WITHIN):
            await asyncio.gather(self.postgres.start(), self.broker.revive())
            await asyncio.gather(*(self._mend(program) for program in self.programs))

    async def _mend(self, program: Program) -> None:
        program.signal(signal.SIGCONT)
        if program.told.get(ARMED_WITH):
            self.arm(program, "")
            program.signal(signal.SIGKILL)
            await program.wait()
        if not program.running:
            await self.revive(program)

    async def kill_postgres(self) -> None:
        signal_tree(self.postgres, signal.SIGKILL)
        await self.postgres.wait()
        await self.postgres.start()


def signal_tree(postgres: Postgres, number: signal.Signals) -> None:
    """The postmaster, so that there are no new sessions, and every process of its own."""
    with contextlib.suppress(psutil.NoSuchProcess):
        server = psutil.Process(postgres.pid)
        for process in [server, *server.children()]:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(number)


@dataclass
class Stage:
    """A stack under load, with partners who listen, and the faults that were done to it."""

    stack: Stack
    load: Load
    receiver: Receiver
    chance: random.Random
    times: int = 1
    """How often each fault is done."""

    ends: float = math.inf
    """By the monotonic clock: from then on no further round is begun."""

    secrets: dict[str, str] = field(default_factory=dict)
    """Of the endpoints, by the path they are told at."""

    faults: Counter[str] = field(default_factory=Counter)
    marks: list[tuple[str, datetime]] = field(default_factory=list)
    """Each fault, and from when the house could recover from it."""

    skipped: str = ""
    """Why this machine does not let us do one of them."""

    cut: bool = False
    """Whether time was up before all rounds were done."""

    seconds: dict[str, float] = field(default_factory=dict)
    """How long each fault took, with what was waited for."""

    def rounds(self, of_each: int = 1) -> Iterator[int]:
        """The number of each round of a fault: one at least, and none begun when time is up."""
        for number in range(of_each * self.times):
            if number and time.monotonic() >= self.ends:
                self.cut = True
                return
            yield number

    def did(self, fault: str, times: int = 1) -> None:
        """It bit; from now on the house may recover."""
        self.faults[fault] += times
        self.marks.append((fault, clock.now()))

    async def subscribe(self) -> None:
        """An endpoint for each tenant."""
        for number, tenant in enumerate(self.load.tenants):
            path = f"/{number}"
            new = {"name": "partner", "url": f"{self.receiver.url}{path}", "types": TYPES}
            admin = self.load.people[tenant]
            made = await admin.ask("webhooks", "POST", "/v1/webhook-endpoints", json=new)
            self.secrets[f"/hooks{path}"] = made["secret"]


@asynccontextmanager
async def running_stack() -> AsyncIterator[Stack]:
    """In a folder of its own, taken away afterwards."""
    folder = open_folder("crm-faults-")
    stack = Stack(folder)
    try:
        await stack.start()
        yield stack
    finally:
        await stack.stop()
        shutil.rmtree(folder, ignore_errors=True)


@asynccontextmanager
async def staged(
    stack: Stack, *, rate: float, seed: int, times: int = 1, tenants: int = 5
) -> AsyncIterator[Stage]:
    """A load that runs, with partners who are told; it has ended when the block has."""
    folder = Path(tempfile.mkdtemp(dir=stack.folder))
    async with receiving() as receiver:
        load = Load(stack, folder, rate=rate, tenants=tenants, seed=seed)
        stage = Stage(stack, load, receiver, random.Random(seed), times)  # noqa: S311 - a schedule
        await stage.subscribe()
        await load.start()
        try:
            yield stage
        finally:
            await load.stop()
