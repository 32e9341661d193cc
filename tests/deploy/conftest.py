"""Houses of one's own, which leave the environment as they found it."""

import os
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from crmkit.testing.house import House, running_house


@pytest.fixture
def environment() -> Iterator[None]:
    """A house points the settings of this process at itself."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest_asyncio.fixture(loop_scope="session")
async def alone(environment: None) -> AsyncIterator[House]:
    """A house of one's own."""
    async with running_house() as running:
        yield running
