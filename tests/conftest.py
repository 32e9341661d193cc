"""The suite runs on a real database and a real broker; nothing has to be there beforehand."""

import pytest

from crmkit.garbage import collect_seldom

pytest_plugins = ["crmkit.testing.plugin"]

collect_seldom()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Modules with slow tests go first, so that no worker is left with one at the end."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)
