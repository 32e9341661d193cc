from collections.abc import AsyncIterator

import pytest_asyncio

from crmkit.testing.house import House, running_house


@pytest_asyncio.fixture(loop_scope="session")
async def alone() -> AsyncIterator[House]:
    """A house of one's own."""
    async with running_house() as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def bare() -> AsyncIterator[House]:
    """The same before anybody has a database."""
    async with running_house(bare=True) as running:
        yield running
