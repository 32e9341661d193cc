"""What tests of several rooms share."""

from collections.abc import AsyncIterator

import httpx
import pytest

from crmkit.testing.house import Caller, House
from crmkit.testing.plugin import Login
from tests.leads.samples import HISTORY


@pytest.fixture
async def anybody(house: House) -> AsyncIterator[httpx.AsyncClient]:
    """Who has no token."""
    transport = httpx.ASGITransport(await house.api("leads"), raise_app_exceptions=False)
    await house.executor("leads")
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


@pytest.fixture
async def director(login: Login) -> Caller:
    return await login("leads", "sales_director", scopes=[HISTORY])


@pytest.fixture
async def manager(login: Login) -> Caller:
    return await login("leads", "sales_manager", scopes=[HISTORY])


@pytest.fixture
async def seller(login: Login) -> Caller:
    return await login("leads", "sales_rep")
