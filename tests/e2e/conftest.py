"""What those who look at the house from outside share."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from crmkit.house import house as one_port
from crmkit.local.stack import LOOPBACK
from crmkit.settings import Settings
from crmkit.testing.brokers import apache_wanted, reach, tried_broker
from crmkit.testing.house import House, lifespan
from tests.serving import served

SELLING = ("identity", "leads", "opportunities", "contracts", "webhooks")


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


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def door(house: House) -> AsyncIterator[str]:
    """The URL of the services that sell something, which work, behind one port as `crm serve all`
    has them; who guesses credentials is limited, and loopback may say where callers are."""
    await house.work(*SELLING)
    told = {"rate_failures": 10, "trusted_proxies": LOOPBACK}
    settings = Settings.load().model_copy(update=told)
    app = one_port([house.service(name) for name in SELLING], settings)
    async with lifespan(app), served(app) as url:
        yield url
