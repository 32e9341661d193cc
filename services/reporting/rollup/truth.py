"""Whether the kept figures are what the facts add up to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

import asyncpg

from crmkit.db.pool import Connection
from crmkit.messaging import mirrors
from crmkit.messaging.mirrors import Sum
from services.reporting.rollup import statements
from services.reporting.rollup.domain import CUTS, DIMENSIONS, MEASURES, OF_CAMPAIGNS

_DIFFERENCES = statements.differences()
_CAMPAIGN_DIFFERENCES = statements.differences(statements.OF_CAMPAIGN)
_WEEK_DIFFERENCES = statements.week_differences()


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


async def _told(connection: Connection, tenant_id: UUID) -> list[mirrors.Difference]:
    """Each wrong number of each cell that is wrong."""
    return [
        mirrors.Difference("rollup_day", tenant_id, _cell(found), name, str(kept), str(wanted))
        for found in await check(connection, tenant_id)
        for name, kept, wanted in (
            ("n", found.n, found.true_n),
            ("amount", found.amount, found.true_amount),
        )
        if kept != wanted
    ]


async def _weeks(connection: Connection, tenant_id: UUID) -> list[mirrors.Difference]:
    """Each wrong number of each cell of a week that is wrong."""
    found = await connection.fetch(_WEEK_DIFFERENCES, tenant_id)
    return _wrong("rollup_week", tenant_id, {row: (*CUTS[row["cut"]], "currency") for row in found})


async def _campaigns(connection: Connection, tenant_id: UUID) -> list[mirrors.Difference]:
    """Each wrong number of each cell of a campaign that is wrong."""
    found = await connection.fetch(_CAMPAIGN_DIFFERENCES, tenant_id)
    into = statements.OF_CAMPAIGN
    return _wrong(into.table, tenant_id, dict.fromkeys(found, into.dimensions))


def _wrong(
    table: str, tenant_id: UUID, found: Mapping[asyncpg.Record, tuple[str, ...]]
) -> list[mirrors.Difference]:
    """Each wrong number of these cells, which are cut by these dimensions."""
    return [
        mirrors.Difference(table, tenant_id, _place(row, cut), name, str(kept), str(wanted))
        for row, cut in found.items()
        for name, kept, wanted in (
            ("n", row["n"], row["true_n"]),
            ("amount", row["amount"], row["true_amount"]),
        )
        if kept != wanted
    ]


def _place(row: asyncpg.Record, dimensions: Sequence[str]) -> str:
    cut = " ".join(f"{name}={row[name]}" for name in dimensions if row[name])
    return f"{row['measure']} {row['day']} {cut}"


def _cell(found: Difference) -> str:
    cut = " ".join(f"{name}={getattr(found, name)}" for name in DIMENSIONS if getattr(found, name))
    return f"{found.measure} {found.day} {cut}"


SUMS = (
    Sum("rollup_day", tuple(sorted({measure.fact for measure in MEASURES})), _told),
    Sum("rollup_campaign", tuple(sorted(OF_CAMPAIGNS)), _campaigns),
    Sum("rollup_week", ("rollup_day",), _weeks, mend=statements.mend_weeks()),
)
REBUILT = ("rollup_day", "rollup_campaign")
