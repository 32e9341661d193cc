"""Events as they come from the topics, folded as the consumer folds them."""

from collections.abc import Callable, Coroutine, Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
import pytest
import pytest_asyncio

from crmkit.db.pool import Database
from crmkit.events.envelope import Wire, canonical, read
from crmkit.kernel import ids
from crmkit.testing.house import House
from services.reporting.app import service

OWNER = UUID(int=7)
JANUARY = datetime(2026, 1, 5, 12, tzinfo=UTC)
STATES: dict[str, dict[str, Any]] = {
    "lead": {
        "source": "web",
        "product": "",
        "received_at": JANUARY,
        "qualified_at": None,
        "converted_at": None,
    },
    "activity": {"kind": "call", "done_at": None, "due_at": None, "status": "planned"},
    "opportunity": {
        "source": "web",
        "product": "GTX",
        "amount": "100.00",
        "currency": "USD",
        "opened_at": JANUARY,
        "won_at": None,
        "lost_at": None,
    },
    "contract": {
        "source": "web",
        "product": "GTX",
        "amount": "100.00",
        "currency": "USD",
        "signed_at": None,
        "voided_at": None,
    },
    "receipt": {
        "source": "web",
        "product": "GTX",
        "amount": "100.00",
        "currency": "USD",
        "received_at": JANUARY,
    },
    "account": {},
    "survey": {
        "kind": "satisfaction",
        "sent_at": None,
        "answered_at": None,
        "pleased": None,
    },
    "campaign_cost": {
        "source": "spring-fair",
        "kind": "venue",
        "amount": "100.00",
        "currency": "USD",
        "spent_at": JANUARY,
        "campaign_id": UUID(int=9),
    },
    "visit": {"source": "web", "product": "", "visited_at": JANUARY},
    "enquiry": {
        "source": "web",
        "product": "",
        "received_at": JANUARY,
        "answered_at": None,
        "kept_at": None,
    },
    "feedback": {"kind": "process", "sender_id": OWNER, "received_at": JANUARY, "done_at": None},
    "tenant": {
        "name": "Acme",
        "time_zone": "UTC",
        "base_currency": "USD",
        "fiscal_year_start": 1,
    },
    "member": {
        "name": "Li Na",
        "email": None,
        "team": "cn/east",
        "region": "East",
        "roles": [],
        "active": True,
    },
}
DIMENSIONS = {"owner_id": OWNER, "team": "cn/east", "region": "East"}

Fold = Callable[[Iterable[Wire]], Coroutine[Any, Any, None]]
Told = Callable[..., Wire]


def wire(
    tenant: UUID,
    aggregate: str,
    row_id: UUID,
    version: int = 1,
    *,
    recorded: datetime = JANUARY,
    **state: Any,
) -> Wire:
    """An event of an aggregate's newest state, through the same JSON as on the topic."""
    dimensions = {} if aggregate in {"tenant", "member"} else DIMENSIONS
    body = {"state": {"id": row_id, **dimensions, **STATES[aggregate], **state}, "changed": {}}
    known = {"tenant": "tenant.updated.v1", "member": "member.updated.v1"}
    envelope = {
        "specversion": "1.0",
        "id": ids.new(),
        "source": "/test",
        "type": known.get(aggregate, f"{aggregate}.changed.v1"),
        "subject": row_id,
        "time": JANUARY,
        "tenantid": tenant,
        "aggregateversion": version,
        "recordedat": recorded,
        "actor": "system",
        "position": version,
        "previous": version - 1,
        "data": msgspec.Raw(canonical(body)),
    }
    return read(msgspec.json.encode(envelope))


@pytest.fixture
def told(tenant: UUID) -> Told:
    """`told("lead", row_id, 2, qualified_at=...)` -> an event of this test's tenant."""

    def tell(aggregate: str, row_id: UUID | None = None, version: int = 1, **state: Any) -> Wire:
        return wire(tenant, aggregate, row_id or ids.new(), version, **state)

    return tell


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def database(house: House) -> Database:
    """Reporting's database as its consumer sees it."""
    return await house.system("reporting")


@pytest.fixture
def fold(database: Database) -> Fold:
    """Take events in as one batch of the consumer."""
    return folding(database)


def folding(database: Database) -> Fold:
    async def take(events: Iterable[Wire]) -> None:
        batch = list(events)
        async with database.transaction() as connection:
            for each in service.folds:
                wanted = [e for e in batch if e.type.split(".")[0] in each.aggregates]
                if wanted:
                    await each.apply(connection, wanted)

    return take
