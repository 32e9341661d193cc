"""A broker for those who start the house by `crm up`."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from crmkit.testing.brokers import apache_wanted, reach, tried_broker


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def outside(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[dict[str, str]]:
    """What points `crm up` at Apache Kafka, where tests are to run on it; else it has its own."""
    if not apache_wanted():
        yield {}
        return
    broker = tried_broker(tmp_path_factory.mktemp("broker"))
    await broker.start()
    yield reach(broker)
    await broker.stop()
