"""A sales team, and deals as opportunities would tell of them."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
import pytest

from crmkit.components.directory import DirectoryCopy
from crmkit.events.envelope import Wire, canonical
from crmkit.kernel import ids
from crmkit.testing.house import Caller, House
from crmkit.testing.plugin import Login
from services.forecast.forecast.consumers import deals

Tell = Callable[..., Awaitable[UUID]]
_OPENED_AT = "2026-10-01T08:00:00Z"
_DEAL: dict[str, Any] = {
    "name": "Press line",
    "account_id": None,
    "lead_id": None,
    "pipeline_id": str(ids.new()),
    "stage": "proposal",
    "status": "open",
    "probability": 50,
    "amount": "100.00",
    "currency": "CNY",
    "product_id": None,
    "product": "",
    "source": "",
    "team": "cn/east",
    "region": "",
    "expected_close_on": "2026-11-30",
    "opened_at": _OPENED_AT,
    "won_at": None,
    "lost_at": None,
    "lost_reason": "",
    "contract_id": None,
    "external_system": None,
    "external_id": None,
    "imported": False,
}


def wire(kind: str, tenant: UUID, subject: UUID, version: int, state: dict[str, Any]) -> Wire:
    at = datetime(2026, 10, 1, 8, tzinfo=UTC)
    return Wire(
        specversion="1.0",
        id=ids.new(),
        source="/opportunities",
        type=kind,
        subject=subject,
        time=at,
        tenantid=tenant,
        aggregateversion=version,
        recordedat=at,
        actor="system",
        position=version,
        previous=version - 1,
        data=msgspec.Raw(canonical({"state": state | {"id": str(subject)}, "changed": {}})),
    )


@pytest.fixture
async def rep(login: Login) -> Caller:
    return await login("forecast", "sales_rep")


@pytest.fixture
async def manager(login: Login) -> Caller:
    return await login("forecast", "sales_manager")


@pytest.fixture
async def director(login: Login) -> Caller:
    return await login("forecast", "sales_director", team="cn")


@pytest.fixture
def tell_deal(house: House, tenant: UUID) -> Tell:
    """`await tell_deal(owner_id, amount="5.00")`: an open deal due in November 2026."""

    async def tell(
        owner_id: UUID, deal_id: UUID | None = None, version: int = 1, **fields: Any
    ) -> UUID:
        subject = deal_id or ids.new()
        state = _DEAL | {"owner_id": str(owner_id)} | fields
        event = wire("opportunity.updated.v1", tenant, subject, version, state)
        async with (await house.system("forecast")).transaction() as connection:
            await deals.apply(connection, [event])
        return subject

    return tell


@pytest.fixture
async def shanghai(house: House, tenant: UUID) -> None:
    """The tenant reckons its days in Shanghai."""
    state = {
        "name": "Works",
        "time_zone": "Asia/Shanghai",
        "base_currency": "CNY",
        "fiscal_year_start": 1,
    }
    event = wire("tenant.created.v1", tenant, tenant, 1, state)
    async with (await house.system("forecast")).transaction() as connection:
        await DirectoryCopy().apply(connection, [event])


@pytest.fixture
def tell_member(house: House, tenant: UUID) -> Tell:
    """`await tell_member(member_id, team="cn/east")`: somebody who works here."""

    async def tell(member_id: UUID, team: str = "cn/east", active: bool = True) -> UUID:
        state = {
            "name": "Li",
            "email": None,
            "team": team,
            "region": "",
            "roles": ["sales_rep"],
            "active": active,
        }
        event = wire("member.created.v1", tenant, member_id, 1, state)
        async with (await house.system("forecast")).transaction() as connection:
            await DirectoryCopy().apply(connection, [event])
        return member_id

    return tell
