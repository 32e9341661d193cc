import asyncio
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from crmkit.db.executor import Call, Executor
from crmkit.events.leads import AccountMerged, AccountState
from crmkit.events.opportunities import OpportunityState, OpportunityWon
from crmkit.kernel import ids
from crmkit.kernel.actor import system
from crmkit.kernel.errors import Conflict
from crmkit.testing.house import Caller, House
from services.contracts.contract.consumers import draft_contract, move_contracts
from tests.contracts.conftest import Draft

_WON_AT = datetime(2026, 11, 22, 9, tzinfo=UTC)


def _won(tenant: UUID, **instead: Any) -> OpportunityWon:
    fields: dict[str, Any] = {
        "id": ids.new(),
        "name": "Press line",
        "account_id": ids.new(),
        "lead_id": None,
        "pipeline_id": ids.new(),
        "stage": "won",
        "status": "won",
        "probability": 100,
        "amount": Decimal("12000.00"),
        "currency": "CNY",
        "product_id": None,
        "product": "P-500",
        "source": "referral",
        "owner_id": ids.new(),
        "team": "cn/east/sh-1",
        "region": "east",
        "expected_close_on": date(2026, 11, 30),
        "opened_at": _WON_AT,
        "won_at": _WON_AT,
        "lost_at": None,
        "lost_reason": "",
        "contract_id": None,
        "external_system": None,
        "external_id": None,
        "imported": False,
    }
    state = OpportunityState(**(fields | instead))
    return OpportunityWon(
        ids.new(), tenant, state.id, 3, _WON_AT, _WON_AT, "system", None, None, state, {}
    )


async def _hear(executor: Executor, won: OpportunityWon) -> None:
    call = Call(system(won.tenant_id), occurred_at=won.occurred_at, cause=won.id)
    await executor.write(call, draft_contract.act, won)


async def _drafted(director: Caller, won: OpportunityWon) -> list[dict[str, Any]]:
    answer = await director.get(f"/v1/contracts?opportunity_id={won.aggregate_id}")
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_a_won_deal_drafts_its_contract_as_it_was_won(
    house: House, director: Caller, tenant: UUID
) -> None:
    won = _won(tenant, campaign_id=ids.new(), channel_partner_id=ids.new())
    await _hear(await house.executor("contracts"), won)
    (contract,) = await _drafted(director, won)
    state = won.state
    brought = (contract["campaign_id"], contract["channel_partner_id"])
    assert brought == (str(state.campaign_id), str(state.channel_partner_id))
    assert contract["title"] == state.name
    assert contract["status"] == "draft"
    assert contract["amount"] == {"amount": "12000.00", "currency": "CNY"}
    assert contract["account_id"] == str(state.account_id)
    assert contract["owner_id"] == str(state.owner_id)
    cut = [contract[name] for name in ("team", "region", "product", "source")]
    assert cut == [state.team, state.region, state.product, state.source]
    assert contract["drafted_at"] == "2026-11-22T09:00:00Z"


async def test_a_deal_heard_of_again_drafts_nothing_more(
    house: House, director: Caller, tenant: UUID
) -> None:
    won = _won(tenant)
    executor = await house.executor("contracts")
    for _ in range(2):
        await _hear(executor, won)
    assert len(await _drafted(director, won)) == 1


async def test_a_deal_heard_of_twice_at_once_drafts_one_contract(
    house: House, director: Caller, tenant: UUID
) -> None:
    won = _won(tenant)
    executor = await house.executor("contracts")
    outcomes = await asyncio.gather(
        *(_hear(executor, won) for _ in range(4)), return_exceptions=True
    )
    assert len(await _drafted(director, won)) == 1
    assert all(outcome is None or isinstance(outcome, Conflict) for outcome in outcomes)


async def test_imported_history_and_deals_won_by_contract_draft_nothing(
    house: House, director: Caller, tenant: UUID
) -> None:
    executor = await house.executor("contracts")
    for won in (_won(tenant, imported=True), _won(tenant, contract_id=ids.new())):
        await _hear(executor, won)
        assert await _drafted(director, won) == []


async def test_a_voided_contract_is_not_drafted_anew_by_the_same_event(
    house: House, director: Caller, tenant: UUID
) -> None:
    won = _won(tenant)
    executor = await house.executor("contracts")
    await _hear(executor, won)
    (contract,) = await _drafted(director, won)
    await director.post(f"/v1/contracts/{contract['id']}/void", json={"reason": "no"})
    await _hear(executor, won)
    assert [each["status"] for each in await _drafted(director, won)] == ["voided"]


def _merged(tenant: UUID, account_id: UUID, into: UUID | None) -> AccountMerged:
    state = AccountState(
        id=account_id,
        name="Acme",
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
    at = _WON_AT
    return AccountMerged(ids.new(), tenant, account_id, 2, at, at, "m", None, None, state, {})


async def test_contracts_go_with_an_account_that_became_part_of_another(
    house: House, director: Caller, tenant: UUID, draft: Draft
) -> None:
    old, into = ids.new(), ids.new()
    ours = [await draft(account_id=str(old)) for _ in "12"]
    path = f"/v1/contracts/{ours[1]['id']}"
    ours[1] = (await director.post(f"{path}/sign", json={})).json()
    assert ours[1]["status"] == "signed"
    other = await draft(account_id=str(ids.new()))
    executor = await house.executor("contracts")
    call = Call(system(tenant))
    for heard in (_merged(tenant, old, None), *[_merged(tenant, old, into)] * 2):
        await executor.write(call, move_contracts.act, heard)
    for contract in ours:
        now = (await director.get(f"/v1/contracts/{contract['id']}")).json()
        assert (now["account_id"], now["version"]) == (str(into), contract["version"] + 1)
    shown = (await director.get(f"/v1/contracts/{other['id']}")).json()
    assert shown["account_id"] == other["account_id"]
