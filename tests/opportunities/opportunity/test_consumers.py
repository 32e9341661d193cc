from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
import pytest

from crmkit.db.executor import Call
from crmkit.events.contracts import ContractSigned, ContractState
from crmkit.events.leads import AccountMerged, AccountState, LeadConverted, LeadState
from crmkit.kernel import clock, ids
from crmkit.kernel.actor import system
from crmkit.messaging.handlers import Reaction
from crmkit.testing.house import Caller, House
from crmkit.testing.plugin import Login
from services.opportunities.opportunity.consumers import (
    move_deals,
    open_opportunity,
    win_signed,
)
from services.opportunities.pipeline.domain import standard_id
from tests.opportunities.conftest import Open

NOW = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)


async def hear(house: House, reaction: Reaction, event: Any) -> None:
    """What the consumer does when the event arrives."""
    executor = await house.executor("opportunities")
    call = Call(system(event.tenant_id), occurred_at=event.occurred_at, cause=event.id)
    await executor.write(call, reaction.act, event)


def lead_converted(tenant: UUID, **facts: Any) -> LeadConverted:
    lead = LeadState(
        id=ids.new(),
        company="华东机床",
        contact_name="李雷",
        email=None,
        phone=None,
        source="fair",
        status="converted",
        intent="a",
        need="",
        budget=Decimal("5000.00"),
        currency="EUR",
        product="外圆磨床",
        region="east",
        owner_id=ids.new(),
        team="cn/east/shanghai-1",
        received_at=NOW - timedelta(days=9),
        qualified_at=NOW - timedelta(days=3),
        converted_at=NOW,
        disqualified_at=None,
        disqualified_reason="",
        account_id=ids.new(),
        opportunity_id=ids.new(),
        opportunity_name="两台磨床",
        external_system=None,
        external_id=None,
    )
    lead = msgspec.structs.replace(lead, **facts)
    return LeadConverted(ids.new(), tenant, lead.id, 4, NOW, NOW, "m", None, None, lead, {})


def contract_signed(tenant: UUID, opportunity_id: UUID | None, when: datetime) -> ContractSigned:
    contract = ContractState(
        id=ids.new(),
        number="C-1",
        title="",
        status="signed",
        opportunity_id=opportunity_id,
        account_id=None,
        amount=Decimal("777.00"),
        currency="USD",
        product="",
        source="",
        owner_id=ids.new(),
        team="",
        region="",
        drafted_at=when,
        signed_at=when,
        completed_at=None,
        voided_at=None,
        void_reason="",
    )
    return ContractSigned(
        ids.new(), tenant, contract.id, 2, when, when, "m", None, None, contract, {}
    )


@pytest.fixture
async def reader(login: Login) -> Caller:
    return await login("opportunities", "admin")


async def deal_of(reader: Caller, opportunity_id: UUID | str | None) -> dict[str, Any]:
    deal: dict[str, Any] = (await reader.get(f"/v1/opportunities/{opportunity_id}")).json()
    return deal


async def test_a_converted_lead_opens_the_deal_its_caller_was_told_of(
    house: House, tenant: UUID, reader: Caller
) -> None:
    event = lead_converted(tenant, campaign_id=ids.new(), channel_partner_id=ids.new())
    await hear(house, open_opportunity, event)
    deal = await deal_of(reader, event.state.opportunity_id)
    lead = event.state
    brought = (str(lead.campaign_id), str(lead.channel_partner_id))
    assert (deal["campaign_id"], deal["channel_partner_id"]) == brought
    assert (deal["lead_id"], deal["account_id"]) == (str(lead.id), str(lead.account_id))
    assert (deal["name"], deal["product"], deal["source"]) == ("两台磨床", "外圆磨床", "fair")
    assert (deal["owner_id"], deal["team"]) == (str(lead.owner_id), "cn/east/shanghai-1")
    assert deal["region"] == "east"
    assert deal["amount"] == {"amount": "5000.00", "currency": "EUR"}
    assert (deal["opened_at"], deal["status"]) == ("2026-05-04T03:02:01Z", "open")
    assert (deal["stage"], deal["probability"]) == ("qualification", 10)
    assert deal["pipeline_id"] == str(standard_id(tenant))
    (entry,) = (await reader.get(f"/v1/opportunities/{deal['id']}/history")).json()["items"]
    assert entry["actor"] == "system"
    assert entry["cause"] == str(event.id)


async def test_a_lead_without_a_budget_opens_a_deal_of_nothing_in_the_tenants_currency(
    house: House, tenant: UUID, reader: Caller
) -> None:
    database = await house.system("opportunities")
    async with database.system() as connection:
        await connection.execute(
            "insert into directory_tenant"
            " (tenant_id, version, name, time_zone, base_currency, fiscal_year_start)"
            " values ($1, 1, '华东', 'Asia/Shanghai', 'CNY', 1)",
            tenant,
        )
    event = lead_converted(tenant, budget=None, currency=None)
    await hear(house, open_opportunity, event)
    deal = await deal_of(reader, event.state.opportunity_id)
    assert deal["amount"] == {"amount": "0.00", "currency": "CNY"}


async def test_a_lead_that_is_told_of_twice_opens_one_deal(
    house: House, tenant: UUID, reader: Caller
) -> None:
    event = lead_converted(tenant)
    await hear(house, open_opportunity, event)
    await hear(house, open_opportunity, event)
    url = f"/v1/opportunities/{event.state.opportunity_id}"
    assert (await deal_of(reader, event.state.opportunity_id))["version"] == 1
    await reader.delete(url)
    await hear(house, open_opportunity, event)
    assert (await reader.get(url)).status_code == 404


async def test_a_signed_contract_wins_an_open_deal(
    house: House, tenant: UUID, reader: Caller, open_deal: Open
) -> None:
    deal = await open_deal(reader)
    signed = contract_signed(tenant, UUID(deal["id"]), clock.now() + timedelta(seconds=5))
    await hear(house, win_signed, signed)
    won = await deal_of(reader, deal["id"])
    assert (won["status"], won["probability"]) == ("won", 100)
    assert won["amount"] == {"amount": "777.00", "currency": "USD"}
    assert won["contract_id"] == str(signed.aggregate_id)
    assert datetime.fromisoformat(won["won_at"]) == signed.occurred_at
    assert await reader.emitted(deal["id"]) == ["opportunity.created.v1", "opportunity.won.v1"]


async def test_a_contract_signed_before_the_deal_was_entered_wins_it_when_it_opened(
    house: House, tenant: UUID, reader: Caller, open_deal: Open
) -> None:
    deal = await open_deal(reader)
    await hear(house, win_signed, contract_signed(tenant, UUID(deal["id"]), NOW))
    assert (await deal_of(reader, deal["id"]))["won_at"] == deal["opened_at"]


async def test_a_won_deal_carries_what_was_signed_and_stays_won_when_it_was(
    house: House, tenant: UUID, reader: Caller, open_deal: Open
) -> None:
    deal = await open_deal(reader)
    won = (await reader.post(f"/v1/opportunities/{deal['id']}/win", json={})).json()
    signed = contract_signed(tenant, UUID(deal["id"]), NOW)
    await hear(house, win_signed, signed)
    await hear(house, win_signed, replace(signed, id=ids.new()))
    after = await deal_of(reader, deal["id"])
    assert after["amount"] == {"amount": "777.00", "currency": "USD"}
    assert after["contract_id"] == str(signed.aggregate_id)
    assert after["won_at"] == won["won_at"]
    assert (await reader.emitted(deal["id"]))[1:] == [
        "opportunity.won.v1",
        "opportunity.updated.v1",
    ]


async def test_a_lost_deal_stays_lost_whatever_is_signed(
    house: House, tenant: UUID, reader: Caller, open_deal: Open
) -> None:
    deal = await open_deal(reader)
    url = f"/v1/opportunities/{deal['id']}"
    lost = (await reader.post(f"{url}/lose", json={"reason": "价格"})).json()
    await hear(house, win_signed, contract_signed(tenant, UUID(deal["id"]), NOW))
    assert await deal_of(reader, deal["id"]) == lost


async def test_a_contract_about_no_deal_of_ours_changes_nothing(house: House, tenant: UUID) -> None:
    for opportunity_id in (None, ids.new()):
        await hear(house, win_signed, contract_signed(tenant, opportunity_id, NOW))


async def test_accounts_and_conversions_arrive_from_leads(
    house: House, login: Login, reader: Caller, open_deal: Open
) -> None:
    await house.work("leads", "opportunities")
    marketer = await login("leads", "admin")
    account = (await marketer.post("/v1/accounts", json={"name": "华东机床"})).json()
    answer = await marketer.post("/v1/leads", json={"company": "华东机床", "source": "fair"})
    lead = f"/v1/leads/{answer.json()['id']}"
    assert (await marketer.post(f"{lead}/qualify", json={"intent": "a"})).status_code == 200
    body = {"account_id": account["id"]}
    converted = (await marketer.post(f"{lead}/convert", json=body)).json()
    await house.caught_up("leads", "opportunities")
    deal = await deal_of(reader, converted["opportunity_id"])
    assert (deal["account_id"], deal["name"]) == (account["id"], "华东机床")
    await open_deal(reader, account_id=account["id"])


_NAMELESS = """
insert into account_copy (tenant_id, id, version, created_at, updated_at, name, region)
values ($1, $2, 1, now(), now(), '', '')
"""


def account_merged(tenant: UUID, account_id: UUID, into: UUID | None) -> AccountMerged:
    state = AccountState(
        id=account_id,
        name="华东机床",
        industry="",
        region="",
        country="",
        website="",
        employees=None,
        annual_revenue=None,
        currency=None,
        parent_id=None,
        owner_id=ids.new(),
        team="",
        external_system=None,
        external_id=None,
        merged_into=into,
    )
    return AccountMerged(ids.new(), tenant, account_id, 2, NOW, NOW, "m", None, None, state, {})


async def test_deals_go_with_an_account_that_became_part_of_another(
    house: House, tenant: UUID, reader: Caller, account_id: UUID, open_deal: Open
) -> None:
    ours, won = [await open_deal(reader, account_id=str(account_id)) for _ in "12"]
    await reader.post(f"/v1/opportunities/{won['id']}/win", json={})
    other, into = await open_deal(reader), ids.new()
    for _ in range(2):
        await hear(house, move_deals, account_merged(tenant, account_id, into))
    for deal, version in ((ours, 2), (won, 3)):
        moved = await deal_of(reader, deal["id"])
        assert (moved["account_id"], moved["version"]) == (str(into), version)
    assert await deal_of(reader, other["id"]) == other


async def test_deals_that_go_to_a_person_who_is_known_to_be_erased_are_emptied(
    house: House, tenant: UUID, reader: Caller, account_id: UUID, open_deal: Open
) -> None:
    deal, into = await open_deal(reader, account_id=str(account_id)), ids.new()
    async with (await house.system("opportunities")).system() as connection:
        await connection.execute(_NAMELESS, tenant, into)
    for _ in range(2):
        await hear(house, move_deals, account_merged(tenant, account_id, into))
    moved = await deal_of(reader, deal["id"])
    assert (moved["account_id"], moved["name"], moved["version"]) == (str(into), "", 2)
    assert moved["erased_at"] is not None


async def test_deals_of_another_tenant_stay_where_they_are(
    house: House, tenant: UUID, reader: Caller, account_id: UUID, open_deal: Open
) -> None:
    deal = await open_deal(reader, account_id=str(account_id))
    await hear(house, move_deals, account_merged(ids.new(), account_id, ids.new()))
    await hear(house, move_deals, account_merged(tenant, account_id, None))
    assert await deal_of(reader, deal["id"]) == deal
