"""However relays come, die and come again: no event is lost, doubled or overtaken."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from aiokafka import TopicPartition
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from crmkit.db.pool import Database
from crmkit.messaging.broker import ensure_topics, probe
from crmkit.messaging.ledger import GENESIS, chain
from crmkit.messaging.publisher import Publisher
from crmkit.messaging.relay import Relay
from crmkit.testing.house import House, until
from crmkit.worker import end
from tests.hostile.conftest import Size
from tests.hostile.machines import Story, demand_wrong, play

_SERVICE = "forecast"
_NAME = "crm.hostile.relay"
_KILL = "select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1"
_LEDGER = """
select l.position, l.event_id, l.hash, l.head, e.digest, e.tenant_id from ledger l
join event e on e.tenant_id = l.tenant_id and e.id = l.event_id order by l.position
"""
_DRAINED = """
select not exists (select from outbox)
   and (select coalesce(max(position), 0) from ledger) = (select position from relay)
"""
_TOLD = "select id, aggregate_id, version from event where tenant_id = $1"
periods = st.integers(1, 12).map(lambda month: f"2027-{month:02}")


class Relays(Story):
    """Changes of forecasts, and up to three relays whose connections are cut at any moment."""

    def __init__(self) -> None:
        super().__init__()
        self.sellers = [self.caller(_SERVICE, "sales_rep") for _ in range(2)]
        self.running: list[asyncio.Task[None]] = []
        self.database = self.wait(self._open())
        self.cuts = 0

    async def _open(self) -> Database:
        dsn = self.house.settings(_SERVICE).dsn(_SERVICE, "system")
        return await Database.open(dsn, size=4, name=_NAME)

    @rule(seller=st.integers(0, 1), period=periods, times=st.integers(1, 5))
    def commit_some(self, seller: int, period: str, times: int) -> None:
        caller = self.sellers[seller]

        async def submit() -> None:
            for n in range(times):
                body = {"period": period, "commit": {"amount": f"{n + 1}.00", "currency": "CNY"}}
                answer = await caller.post("/v1/forecasts", json=body)
                assert answer.status_code in {200, 201}, answer.text

        self.wait(submit())

    @precondition(lambda self: len(self.running) < 3)
    @rule()
    def start_a_relay(self) -> None:
        self.running.append(self.wait(self._start()))

    async def _start(self) -> asyncio.Task[None]:
        service = self.house.service(_SERVICE)
        settings = self.house.settings(_SERVICE)
        return asyncio.create_task(Relay(_SERVICE, self.database, settings, service.topics).run())

    @precondition(lambda self: self.running)
    @rule(turns=st.integers(0, 300))
    def cut_all_connections(self, turns: int) -> None:
        """PostgreSQL ends them after so many turns of the loop, whatever they are at."""

        async def cut() -> None:
            for _ in range(turns):
                await asyncio.sleep(0)
            async with (await self.house.system(_SERVICE)).system() as connection:
                await connection.fetch(_KILL, _NAME)

        self.wait(cut())
        self.cuts += 1

    @precondition(lambda self: self.running)
    @rule(turns=st.integers(0, 300))
    def kill_a_relay(self, turns: int) -> None:
        task = self.running.pop(0)

        async def kill() -> None:
            for _ in range(turns):
                await asyncio.sleep(0)
            await end([task])

        self.wait(kill())
        self.cuts += 1

    def end(self) -> None:
        try:
            if not self.running:
                self.start_a_relay()
            self.wait(self._drained())
            self.wait(check_ledger(self.house, self.tenant))
            self.wait(check_topic(self.house, self.tenant))
        finally:
            while self.running:
                self.kill_a_relay(0)
            self.wait(self.database.close())

    async def _drained(self) -> None:
        system = await self.house.system(_SERVICE)

        async def done() -> bool:
            async with system.system() as connection:
                return bool(await connection.fetchval(_DRAINED))

        await until(done)


async def check_ledger(house: House, tenant: UUID) -> None:
    """Gap-free, chained, each event once."""
    async with (await house.system(_SERVICE)).system() as connection:
        rows = await connection.fetch(_LEDGER)
        told = {row["id"] for row in await connection.fetch(_TOLD, tenant)}
    previous: bytes = GENESIS
    for number, row in enumerate(rows, 1):
        assert row["position"] == number
        previous = chain(previous, number, row["event_id"], row["digest"], row["head"])
        assert row["hash"] == previous
    assert len({row["event_id"] for row in rows}) == len(rows)
    assert {row["event_id"] for row in rows if row["tenant_id"] == tenant} == told


async def check_topic(house: House, tenant: UUID) -> None:
    """All is there; of each record the versions come first in order, whatever comes again."""
    async with (await house.system(_SERVICE)).system() as connection:
        told = {str(row["id"]): row for row in await connection.fetch(_TOLD, tenant)}
    seen: dict[str, list[int]] = {}
    heard = Counter[str]()
    for event in await _all(house):
        if event["id"] in told:
            heard[event["id"]] += 1
            if heard[event["id"]] == 1:
                seen.setdefault(event["subject"], []).append(event["aggregateversion"])
    assert heard.keys() == told.keys()
    for versions in seen.values():
        assert versions == list(range(1, len(versions) + 1))


async def _all(house: House) -> list[dict[str, Any]]:
    """Every record of the topics of the service, partition by partition."""
    client = probe(house.settings(_SERVICE), "test.hostile")
    await client.start()
    try:
        names = house.service(_SERVICE).topics
        slots = [
            TopicPartition(name, n)
            for name in sorted(names)
            for n in range(house.settings(_SERVICE).kafka_partitions)
        ]
        client.assign(slots)
        ends = {slot: end for slot, end in (await client.end_offsets(slots)).items() if end}
        await client.seek_to_beginning(*slots)
        found: list[dict[str, Any]] = []
        while any([await client.position(slot) < end for slot, end in ends.items()]):
            for records in (await client.getmany(timeout_ms=200)).values():
                found += [json.loads(record.value) for record in records]
        return found
    finally:
        await client.stop()


@pytest_asyncio.fixture(scope="module", loop_scope="session", autouse=True)
async def broker(house: House) -> AsyncIterator[None]:
    await house.work()
    await house.executor(_SERVICE)
    await ensure_topics(house.settings(_SERVICE), house.service(_SERVICE).topics)
    yield


@pytest.mark.slow
async def test_no_event_is_lost_doubled_or_overtaken(house: House, size: Size) -> None:
    await play(Relays, house, size.settings(6, 15))


async def test_a_relay_that_leaves_one_out_is_found_out(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    send = Publisher._send

    async def careless(self: Publisher, events: Any, heads: Any) -> Any:
        return await send(self, events[:-1] or events, heads)

    monkeypatch.setattr(Publisher, "_send", careless)
    try:
        await demand_wrong(Relays, house, 3)
    finally:
        async with (await house.system(_SERVICE)).system() as connection:
            await connection.execute("delete from published")
            await connection.execute("update relay set position = 0")
