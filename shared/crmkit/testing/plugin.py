"""Fixtures. One migrated house for each test worker; every test gets a new tenant, so that nothing
is rolled back, truncated or shared, and tenancy is tested by every test."""

from collections.abc import AsyncIterator, Awaitable, Callable
from uuid import UUID

import pytest
import pytest_asyncio

from crmkit.kernel import ids
from crmkit.testing.house import Caller, House, running_house

Login = Callable[..., Awaitable[Caller]]
_HOUSE = pytest.StashKey[House]()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def house(pytestconfig: pytest.Config) -> AsyncIterator[House]:
    """The services, their databases and the broker."""
    async with running_house() as running:
        pytestconfig.stash[_HOUSE] = running
        yield running
        del pytestconfig.stash[_HOUSE]


@pytest_asyncio.fixture(scope="module", loop_scope="session", autouse=True)
async def work_ends_with_the_module(pytestconfig: pytest.Config) -> AsyncIterator[None]:
    """Each module says who is to work."""
    yield
    if _HOUSE in pytestconfig.stash:
        await pytestconfig.stash[_HOUSE].rest()


@pytest.fixture
def tenant() -> UUID:
    """A tenant nobody else has."""
    return ids.new()


@pytest_asyncio.fixture(loop_scope="session")
async def login(house: House, tenant: UUID) -> AsyncIterator[Login]:
    """`await login("leads", "sales_rep", team="cn/east")` -> a Caller of that service's API."""
    callers: list[Caller] = []

    async def enter(service: str, *roles: str, **options: object) -> Caller:
        in_tenant = options.pop("tenant", tenant)
        caller = await house.caller(service, in_tenant, *roles, **options)  # type: ignore[arg-type]  # options are the caller's
        callers.append(caller)
        return caller

    yield enter
    for caller in callers:
        await caller.client.aclose()
