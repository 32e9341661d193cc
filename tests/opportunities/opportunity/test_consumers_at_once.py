"""Many events at once: one statement where all go together, else each for itself."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import pytest
from aiokafka import ConsumerRecord

from crmkit.events.envelope import Event, Wire, canonical
from crmkit.kernel import ids
from crmkit.messaging.consumer import Consumer
from crmkit.messaging.reacting import Read, alike, react_at_once
from crmkit.testing.house import Caller, House
from services.opportunities.opportunity.consumers import open_opportunity, win_signed
from tests.opportunities.conftest import Open
from tests.opportunities.opportunity.test_consumers import (
    NOW,
    contract_signed,
    deal_of,
    lead_converted,
)

LEAD, SIGNED = "lead.converted.v1", "contract.signed.v1"
TOO_LARGE = Decimal(10) ** 19
WRITTEN = """
select aggregate_id, cause, traceparent, occurred_at, xmin::text as statement
from event where tenant_id = $1 and aggregate = 'opportunity' order by id
"""


def wire_of(event: Event[Any], trace: int = 0) -> Wire:
    state = {name: getattr(event.state, name) for name in event.fields}
    return Wire(
        specversion="1.0",
        id=event.id,
        source="/leads",
        type=event.type,
        subject=event.aggregate_id,
        time=event.occurred_at + timedelta(seconds=trace),
        tenantid=event.tenant_id,
        aggregateversion=event.version,
        recordedat=event.recorded_at,
        actor=event.actor,
        position=1,
        previous=0,
        data=msgspec.Raw(canonical({"state": state, "changed": {}})),
        traceparent=f"00-{trace:032x}-{1:016x}-01",
    )


def read_of(wire: Wire) -> Read:
    value = msgspec.json.encode(wire)
    return ConsumerRecord("crm.lead", 0, 7, 0, 0, None, value, None, 0, len(value), ()), wire


async def written(house: House, tenant: UUID) -> list[asyncpg.Record]:
    async with (await house.system("opportunities")).system() as connection:
        return list(await connection.fetch(WRITTEN, tenant))


async def test_many_converted_leads_open_their_deals_in_one_statement(
    house: House, tenant: UUID, director: Caller
) -> None:
    wires = [wire_of(lead_converted(tenant), n) for n in range(20)]
    assert await react_at_once(await house.executor("opportunities"), open_opportunity, wires)
    told = await written(house, tenant)
    assert len({each["statement"] for each in told}) == 1
    found = {each["cause"]: (each["traceparent"], each["occurred_at"]) for each in told}
    assert found == {wire.id: (wire.traceparent, wire.time) for wire in wires}
    deal = await deal_of(director, wires[3].event().state.opportunity_id)
    assert (deal["name"], deal["opened_at"]) == ("两台磨床", "2026-05-04T03:02:04Z")
    assert await react_at_once(await house.executor("opportunities"), open_opportunity, wires)
    assert len(await written(house, tenant)) == 20


async def test_where_one_cannot_be_written_none_is(house: House, tenant: UUID) -> None:
    events = [lead_converted(tenant), lead_converted(tenant, budget=TOO_LARGE)]
    with pytest.raises(asyncpg.PostgresError):
        await react_at_once(
            await house.executor("opportunities"), open_opportunity, [*map(wire_of, events)]
        )
    assert await written(house, tenant) == []


async def test_two_events_about_one_deal_are_taken_one_after_the_other(
    house: House, tenant: UUID, open_deal: Open, director: Caller
) -> None:
    deal = UUID((await open_deal(director))["id"])
    wires = [wire_of(contract_signed(tenant, deal, NOW)) for _ in range(2)]
    before = len(await written(house, tenant))
    assert not await react_at_once(await house.executor("opportunities"), win_signed, wires)
    assert len(await written(house, tenant)) == before


async def test_the_one_that_cannot_be_applied_is_parked_and_the_others_are(
    house: House, tenant: UUID
) -> None:
    database = await house.system("opportunities")
    consumer = Consumer(
        "opportunities",
        house.settings("opportunities"),
        database,
        await house.executor("opportunities"),
        folds=[],
        reactions=[open_opportunity],
    )
    budgets = [Decimal(5), TOO_LARGE, Decimal(7)]
    events = [lead_converted(tenant, budget=budget) for budget in budgets]
    reads = [read_of(wire_of(event)) for event in events]
    await consumer._apply(reads, {})
    async with database.system() as connection:
        parked = await connection.fetch(
            "delete from parked where tenant_id = $1 returning value", tenant
        )
    assert [each["value"] for each in parked] == [reads[1][0].value]
    opened = {each["cause"] for each in await written(house, tenant)}
    assert opened == {events[0].id, events[2].id}


def test_events_go_together_that_start_the_same_and_are_of_one_tenant_each_once() -> None:
    first, second = ids.new(), ids.new()
    leads = [lead_converted(first) for _ in range(502)]
    signed = contract_signed(first, None, NOW)
    events: list[Event[Any]] = [*leads, leads[0], lead_converted(second), signed]
    events += [lead_converted(first), leads[1]]
    groups = list(alike([read_of(wire_of(each)) for each in events], {LEAD: [], SIGNED: []}))
    assert [len(group) for group in groups] == [500, 3, 1, 1, 2]
    assert [group[0][1].type for group in groups] == [LEAD, LEAD, LEAD, SIGNED, LEAD]
    only = list(alike([read_of(wire_of(each)) for each in events], {SIGNED: []}))
    assert [[wire.id for _, wire in group] for group in only] == [[signed.id]]
