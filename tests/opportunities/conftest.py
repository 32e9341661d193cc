"""Callers of opportunities, and what their deals are about."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest

from crmkit.kernel import ids
from crmkit.testing.house import Caller, House
from crmkit.testing.plugin import Login

Open = Callable[..., Awaitable[dict[str, Any]]]


@pytest.fixture
async def seller(login: Login) -> Caller:
    return await login("opportunities", "sales_rep", team="cn/east/shanghai-1")


@pytest.fixture
async def director(login: Login) -> Caller:
    return await login("opportunities", "sales_director", scopes=["history:write"])


@pytest.fixture
async def account_id(house: House, tenant: UUID) -> UUID:
    """An account leads has told of."""
    known = ids.new()
    database = await house.system("opportunities")
    async with database.system() as connection:
        await connection.execute(
            "insert into account_copy"
            " (tenant_id, id, version, created_at, updated_at, name, region)"
            " values ($1, $2, 1, now(), now(), '华东机床', 'east')",
            tenant,
            known,
        )
    return known


@pytest.fixture
def open_deal() -> Open:
    """`await open_deal(caller, stage="proposal")` -> the deal as the API answered it."""

    async def post(caller: Caller, **fields: Any) -> dict[str, Any]:
        body = {"name": "两台磨床", "amount": {"amount": "1200.50", "currency": "CNY"}} | fields
        answer = await caller.post("/v1/opportunities", json=body)
        assert answer.status_code == 201, answer.text
        deal: dict[str, Any] = answer.json()
        return deal

    return post
