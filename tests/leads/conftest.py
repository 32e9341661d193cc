"""What tests of several rooms share."""

from collections.abc import AsyncIterator

import httpx
import pytest

from crmkit.testing.house import House


@pytest.fixture
async def anybody(house: House) -> AsyncIterator[httpx.AsyncClient]:
    """Who has no token."""
    transport = httpx.ASGITransport(await house.api("leads"), raise_app_exceptions=False)
    await house.executor("leads")
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client
