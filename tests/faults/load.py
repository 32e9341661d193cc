"""An open-loop client: so many writes a second whatever becomes of them, over several tenants, each
under an idempotency key, sent again under the same key until it is answered."""

import asyncio
import json
import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx

from crmkit.kernel import clock, ids
from crmkit.testing.house import until
from tests.e2e.fleet import Fleet, Person

PRICE = {"amount": "1250.00", "currency": "CNY"}
SOURCES = ("web", "fair", "call")
PROBLEM = "application/problem+json"
PATIENCE = 6.0
"""Seconds for one try; a try that takes longer has an unknown outcome until it is repeated."""

PAUSE = 0.25
"""Seconds before a try is repeated, twice as long each time, up to 2."""

FIRST_YEAR, MONTHS = 2030, 2_000
"""Of the targets of a member, each month once; a long soak comes to the end of them."""

KNOWN = "select count(*) from directory_member where id = any($1)"
AT_ONCE = 400
"""Writes under way; more are not begun, so that a stopped house does not fill the memory."""


@dataclass
class Write:
    """One line of the ledger: what was asked, and how it was answered in the end."""

    key: str
    trace: str
    tenant: str
    service: str
    aggregate: str
    method: str
    path: str
    begun_at: datetime = field(default_factory=clock.now)
    ended_at: datetime | None = None
    tries: int = 0
    tried_at: datetime = field(default_factory=clock.now)
    status: int | None = None
    """Of the last answer that is one; None where the outcome is unknown."""

    id: str = ""
    version: int = 0
    replayed: bool = False

    @property
    def acknowledged(self) -> bool:
        return self.status is not None and self.status < 300


@dataclass
class Ledger:
    """Append-only: a line when a write is asked for, another one when it is over."""

    path: Path
    writes: dict[str, Write] = field(default_factory=dict)

    def begin(self, write: Write, body: object) -> None:
        self.writes[write.key] = write
        self._append({"at": clock.now().isoformat(), "asked": asdict(write), "body": body})

    def end(self, write: Write) -> None:
        write.ended_at = clock.now()
        self._append({"at": clock.now().isoformat(), "ended": asdict(write)})

    def _append(self, line: dict[str, Any]) -> None:
        with self.path.open("a") as file:
            file.write(json.dumps(line, default=str) + "\n")


Then = Callable[[dict[str, Any]], None]


@dataclass
class Step:
    """One write to be made, and what its answer makes possible."""

    who: Person
    tenant: UUID
    service: str
    aggregate: str
    method: str
    path: str
    body: dict[str, Any]
    then: Then | None = None
    headers: dict[str, str] = field(default_factory=dict)


class Load:
    """Writes `rate` a second until it is told that it is enough."""

    def __init__(self, fleet: Fleet, folder: Path, *, rate: float, tenants: int, seed: int) -> None:
        self._fleet = fleet
        self.ledger = Ledger(folder / "ledger.jsonl")
        self.tenants = [ids.new() for _ in range(tenants)]
        self.people = {tenant: fleet.person(tenant, "admin") for tenant in self.tenants}
        self.rate = rate
        self.retried = self.replayed = self.skipped = 0
        self.refused: Counter[str] = Counter()
        """Answers 503, by service."""

        self.vain = clock.now()
        """When the latest of the tries that were in vain began."""

        self.surprises: list[str] = []
        """Answers that no fault explains."""

        self._chance = random.Random(seed)  # noqa: S311 - a schedule, no secret
        self._months: Counter[UUID] = Counter()
        self._next: list[Step] = []
        self._going = self._writing = True
        self._running: set[asyncio.Task[None]] = set()
        self._ticking: asyncio.Task[None] | None = None

    @property
    def acknowledged(self) -> list[Write]:
        return [write for write in self.ledger.writes.values() if write.acknowledged]

    @property
    def unknown(self) -> list[Write]:
        return [write for write in self.ledger.writes.values() if write.status is None]

    async def start(self) -> None:
        """Once forecast knows everybody who works here."""
        people = list(self.people.values())
        for who in people:
            new = {"id": str(who.member), "name": "Li", "roles": ["admin"]}
            await who.ask("identity", "POST", "/v1/members", json=new)

        async def known() -> bool:
            async with self._fleet.database("forecast") as connection:
                found = await connection.fetchval(KNOWN, [who.member for who in people])
            return bool(found == len(people))

        await until(known, 60)
        self._ticking = asyncio.create_task(self._tick())

    def pause(self) -> None:
        """Begin no more for a while."""
        self._writing = False

    def resume(self) -> None:
        self._writing = True

    async def stop(self, within: float = 60) -> None:
        """Begin no more; wait for what is under way, and leave the rest unknown."""
        self._going = False
        if self._ticking is not None:
            await self._ticking
        if self._running:
            _, late = await asyncio.wait(self._running, timeout=within)
            for task in late:
                task.cancel()

    async def acknowledge(
        self, more: int, service: str = "", *, lasting: float = 0, within: float = 90
    ) -> None:
        """Wait until so many more writes have been acknowledged, or so many of one service's, and
        so many seconds are over: of 200 a second the next few are no time."""
        ends = time.monotonic() + lasting

        def count() -> int:
            return sum(not service or write.service == service for write in self.acknowledged)

        wanted = count() + more

        async def enough() -> bool:
            return count() >= wanted and time.monotonic() >= ends

        await until(enough, within)

    async def gives_up(self, lasting: float = 2) -> None:
        """Wait until a try that begins from now on was in vain, and so many seconds are over: many
        that began before may be just about to fail."""
        began, ends = clock.now(), time.monotonic() + lasting

        async def failed() -> bool:
            return self.vain >= began and time.monotonic() >= ends

        await until(failed, 60)

    async def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time()
        while self._going:
            if self._writing and len(self._running) < AT_ONCE:
                task = asyncio.create_task(self._write(self._choose()))
                self._running.add(task)
                task.add_done_callback(self._running.discard)
            else:
                self.skipped += 1
            due += 1 / self.rate
            await asyncio.sleep(max(0, due - loop.time()))

    def _choose(self) -> Step:
        if self._next and self._chance.random() < 0.6:
            return self._next.pop(self._chance.randrange(len(self._next)))
        tenant = self._chance.choice(self.tenants)
        begin = self._chance.choice((self._lead, self._lead, self._deal, self._contract, self._aim))
        return begin(tenant, self.people[tenant])

    def _lead(self, tenant: UUID, who: Person) -> Step:
        def then(lead: dict[str, Any]) -> None:
            path = f"/v1/leads/{lead['id']}"
            convert = Step(who, tenant, "leads", "lead", "POST", f"{path}/convert", {})
            qualify = Step(
                *(who, tenant, "leads", "lead", "POST", f"{path}/qualify", {"intent": "b"}),
                then=lambda _: self._next.append(convert),
            )
            self._next.append(qualify)

        new = {"company": f"Company {len(self.ledger.writes)}", "budget": PRICE}
        new["source"] = self._chance.choice(SOURCES)
        return Step(who, tenant, "leads", "lead", "POST", "/v1/leads", new, then)

    def _deal(self, tenant: UUID, who: Person) -> Step:
        place = (who, tenant, "opportunities", "opportunity")

        def then(deal: dict[str, Any]) -> None:
            path = f"/v1/opportunities/{deal['id']}"
            win = Step(*place, "POST", f"{path}/win", {})
            self._next.append(
                Step(
                    *(*place, "POST", f"{path}/stage", {"stage": "proposal"}),
                    then=lambda _: self._next.append(win),
                )
            )

        new = {"name": f"Deal {len(self.ledger.writes)}", "amount": PRICE}
        return Step(*place, "POST", "/v1/opportunities", new, then)

    def _contract(self, tenant: UUID, who: Person) -> Step:
        place = (who, tenant, "contracts", "contract")

        def then(contract: dict[str, Any]) -> None:
            path = f"/v1/contracts/{contract['id']}"
            sign = Step(*place, "POST", f"{path}/sign", {})
            self._next.append(
                Step(
                    *(*place, "PATCH", path, {"product": "Arm"}),
                    then=lambda _: self._next.append(sign),
                    headers={"if-match": '"1"'},
                )
            )

        new = {"title": f"Contract {len(self.ledger.writes)}", "amount": PRICE}
        return Step(*place, "POST", "/v1/contracts", new, then)

    def _aim(self, tenant: UUID, who: Person) -> Step:
        month = self._months[who.member]
        if month == MONTHS:
            return self._lead(tenant, who)
        self._months[who.member] += 1
        path = f"/v1/targets/{FIRST_YEAR + month // 12}-{month % 12 + 1:02d}/{who.member}"
        return Step(who, tenant, "forecast", "target", "PUT", path, {"amount": PRICE})

    async def _write(self, step: Step) -> None:
        key = str(ids.new())
        trace = key.replace("-", "")
        write = Write(
            *(key, trace, str(step.tenant), step.service, step.aggregate, step.method, step.path)
        )
        self.ledger.begin(write, step.body)
        headers = {"idempotency-key": key, "traceparent": f"00-{trace}-{trace[:16]}-01"}
        headers |= step.headers
        answer = await self._insist(step, write, headers)
        self._note(write, answer)
        if write.acknowledged and step.then is not None:
            step.then(answer.json())

    async def _insist(self, step: Step, write: Write, headers: dict[str, str]) -> httpx.Response:
        """The first answer that is no failure of the house."""
        pause = PAUSE
        while True:
            write.tries, write.tried_at = write.tries + 1, clock.now()
            try:
                answer = await step.who.clients[step.service].request(
                    step.method, step.path, json=step.body, headers=headers, timeout=PATIENCE
                )
            except httpx.TransportError:
                pass
            else:
                if answer.status_code < 500:
                    return answer
                self._excuse(step, answer)
            self.retried, self.vain = self.retried + 1, max(self.vain, write.tried_at)
            await asyncio.sleep(self._chance.uniform(0.5, 1) * pause)
            pause = min(2.0, pause * 2)

    def _excuse(self, step: Step, answer: httpx.Response) -> None:
        self.refused[step.service] += 1
        kind = answer.headers.get("content-type", "")
        if answer.status_code != 503 or "retry-after" not in answer.headers or PROBLEM not in kind:
            told = f"{answer.status_code} {kind} {answer.text[:300]}"
            self.surprises.append(f"{step.path}: {told}")

    def _note(self, write: Write, answer: httpx.Response) -> None:
        write.status = answer.status_code
        write.replayed = answer.headers.get("idempotency-replayed") == "true"
        self.replayed += write.replayed
        if write.acknowledged:
            made = answer.json()
            write.id, write.version = made["id"], made["version"]
        else:
            self.surprises.append(f"{write.path}: {answer.status_code} {answer.text[:300]}")
        self.ledger.end(write)
