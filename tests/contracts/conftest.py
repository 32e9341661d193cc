"""People of one sales house, and contracts as far along as a test wants them."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest

from crmkit.kernel import ids
from crmkit.testing.house import Caller, House
from crmkit.testing.plugin import Login

Draft = Callable[..., Awaitable[dict[str, Any]]]
Deal = Callable[..., Awaitable[str]]


@pytest.fixture
async def director(login: Login) -> Caller:
    return await login("contracts", "sales_director", scopes=["history:write"])


@pytest.fixture
async def finance(login: Login) -> Caller:
    return await login("contracts", "finance", scopes=["history:write"])


@pytest.fixture
def deal(house: House, tenant: UUID) -> Deal:
    """`await deal(owner, team)` -> the id of a deal contracts has heard of."""

    async def hear(owner_id: UUID, team: str = "cn/east") -> str:
        deal_id = ids.new()
        async with (await house.system("contracts")).system() as connection:
            await connection.execute(
                "insert into deal_copy (tenant_id, id, version, created_at, updated_at, owner_id,"
                " team) values ($1, $2, 1, now(), now(), $3, $4)",
                tenant,
                deal_id,
                owner_id,
                team,
            )
        return str(deal_id)

    return hear


@pytest.fixture
def draft(director: Caller) -> Draft:
    """`await draft(amount="100.00")` -> the draft as the API shows it."""

    async def make(amount: str = "12000.00", **fields: Any) -> dict[str, Any]:
        body = {"title": "Press line", "amount": {"amount": amount, "currency": "CNY"}} | fields
        answer = await director.post("/v1/contracts", json=body)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    return make


@pytest.fixture
def signed(director: Caller, finance: Caller, draft: Draft) -> Draft:
    """`await signed("100.00", "60.00", "40.00")` -> a signed contract and its instalments."""

    async def make(amount: str, *parts: str) -> dict[str, Any]:
        contract = await draft(amount)
        path = f"/v1/contracts/{contract['id']}"
        if parts:
            plan = [
                {"due_on": f"2027-{n:02}-28", "amount": {"amount": part, "currency": "CNY"}}
                for n, part in enumerate(parts, 1)
            ]
            planned = await finance.put(f"{path}/instalments", json={"instalments": plan})
            assert planned.status_code == 200, planned.text
        answer = await director.post(f"{path}/sign", json={})
        assert answer.status_code == 200, answer.text
        listed = await finance.get(
            f"/v1/instalments?contract_id={contract['id']}&status=scheduled&sort=sequence"
        )
        return {"contract": answer.json(), "instalments": listed.json()["items"]}

    return make


@pytest.fixture
async def admin(login: Login) -> Caller:
    """Somebody who may do everything."""
    return await login("contracts", "admin")
