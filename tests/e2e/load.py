"""Commands under way while something breaks, and what must hold afterwards."""

import asyncio
import sys
from uuid import UUID

import httpx
import pytest

from crmkit.kernel import clock, ids
from crmkit.messaging.ledger import GENESIS, chain
from crmkit.testing.house import until
from services.reporting.rollup.truth import check
from tests.e2e.fleet import Fleet, Person
from tests.e2e.receiver import Receiver

AT_ONCE = 4
PACE_SECONDS = 0.08
SOURCES = ("web", "fair", "call")
NOT_ONE_EVENT_EACH = """
select count(*) from lead l where l.tenant_id = $1 and array(
  select e.version from event e where e.tenant_id = l.tenant_id and e.aggregate_id = l.id
  order by e.version
) <> array(select generate_series(1, l.version))
"""
LEDGER = """
select l.position, l.event_id, l.hash, l.head, e.digest
from ledger l left join event e on e.tenant_id = l.tenant_id and e.id = l.event_id
order by l.position
"""
BY_SOURCE = """
select source, count(*) as created, count(qualified_at) as qualified
from lead where tenant_id = $1 and deleted_at is null group by source order by source
"""


class Load:
    """Leads created, and every other one qualified; each command again until it is answered."""

    def __init__(self, person: Person, leads: int = sys.maxsize) -> None:
        self.leads = leads
        self.client = person.clients["leads"]
        self.acknowledged: list[tuple[str, int]] = []
        self._begun = 0

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE):
                group.create_task(self._work())

    def enough(self) -> None:
        """Finish what is begun, and begin no more."""
        self.leads = self._begun

    async def reached(self, count: int) -> None:
        """Wait until so many commands have been acknowledged."""

        async def enough() -> bool:
            return len(self.acknowledged) >= count

        await until(enough, 60)

    async def _work(self) -> None:
        while self._begun < self.leads:
            n, self._begun = self._begun, self._begun + 1
            new = {"company": f"company {n}", "source": SOURCES[n % len(SOURCES)]}
            lead_id = await self._insist("/v1/leads", new)
            if n % 2:
                await self._insist(f"/v1/leads/{lead_id}/qualify", {"intent": "b"})

    async def _insist(self, path: str, body: dict[str, str]) -> str:
        key = {"idempotency-key": str(ids.new())}
        while True:
            await asyncio.sleep(PACE_SECONDS)
            try:
                answer = await self.client.post(path, json=body, headers=key)
            except httpx.TransportError:
                continue
            if answer.status_code < 500:
                assert answer.is_success, answer.text
                made = answer.json()
                self.acknowledged.append((made["id"], made["version"]))
                return str(made["id"])


async def check_rows(fleet: Fleet, tenant: UUID, load: Load) -> None:
    """Every acknowledged write has its row, each version of it one event, and nothing else is."""
    async with fleet.database("leads") as connection:
        kept = await connection.fetch("select id, version from lead where tenant_id = $1", tenant)
        versions = {str(row["id"]): row["version"] for row in kept}
        lost = [one for one in load.acknowledged if versions.get(one[0], 0) < one[1]]
        assert lost == []
        assert (len(versions), sum(versions.values())) == (load.leads, len(load.acknowledged))
        assert await connection.fetchval(NOT_ONE_EVENT_EACH, tenant) == 0


async def check_ledger(fleet: Fleet) -> None:
    """Every event is in it once, without a gap, each line chained to the one before."""
    for name in fleet.names:
        async with fleet.database(name) as connection:
            events = await connection.fetchval("select count(*) from event")
            lines = await connection.fetch(LEDGER)
        assert [line["position"] for line in lines] == list(range(1, events + 1)), name
        hash_ = GENESIS
        for line in lines:
            hash_ = chain(hash_, line["position"], line["event_id"], line["digest"], line["head"])
            assert hash_ == line["hash"], name


async def check_rollups(fleet: Fleet, tenant: UUID, admin: Person) -> None:
    """What reporting shows is what the owner's tables hold."""
    async with fleet.database("leads") as connection:
        owned = await connection.fetch(BY_SOURCE, tenant)
    today = clock.now().date().isoformat()
    for measure in ("created", "qualified"):
        asked = {"measure": f"leads_{measure}", "by": "source", "grain": "quarter"}
        asked |= {"from": f"{today[:4]}-01-01", "to": today}
        shown = await admin.ask("reporting", "GET", "/v1/rollups", params=asked)
        figures = {item["source"]: item["value"] for item in shown["items"]}
        assert figures == {row["source"]: row[measure] for row in owned}
    async with fleet.database("reporting") as connection:
        assert await check(connection, tenant) == []  # type: ignore[arg-type]  # a plain connection does


async def check_webhooks(fleet: Fleet, tenant: UUID, receiver: Receiver) -> None:
    """The partner was told of every event at least once."""
    async with fleet.database("leads") as connection:
        sql = "select id from event where tenant_id = $1 and aggregate = 'lead'"
        events = {str(row["id"]) for row in await connection.fetch(sql, tenant)}

    async def told() -> bool:
        return receiver.ids() >= events

    try:
        await until(told, 90)
    except TimeoutError:
        pytest.fail(f"{len(events - receiver.ids())} of {len(events)} events never told")
