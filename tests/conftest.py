"""The suite runs on a real database and a real broker; nothing has to be there beforehand."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from crmkit.garbage import collect_seldom
from tests.e2e.forge import Furnace

pytest_plugins = ["crmkit.testing.plugin"]

collect_seldom()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Modules with slow tests go first, so that no worker is left with one at the end."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


@pytest_asyncio.fixture(scope="session", loop_scope="session", autouse=True)
async def furnace() -> AsyncIterator[None]:
    """Whoever starts a fleet lights it; it burns for all fleets of a test worker."""
    async with Furnace.burning():
        yield
