"""Whether the kept figures are what the facts add up to."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from crmkit.db.pool import Connection
from services.reporting.rollup import statements

_DIFFERENCES = statements.differences()


@dataclass(frozen=True, slots=True)
class Difference:
    """One cell: what is kept, and what it should be."""

    tenant_id: UUID
    measure: str
    day: date
    owner_id: UUID
    team: str
    region: str
    source: str
    product: str
    kind: str
    currency: str
    n: int
    amount: Decimal
    true_n: int
    true_amount: Decimal


async def check(connection: Connection, tenant_id: UUID) -> list[Difference]:
    """Every cell of the tenant that is wrong; none is how it should be."""
    return [Difference(**row) for row in await connection.fetch(_DIFFERENCES, tenant_id)]
