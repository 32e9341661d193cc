"""What comes of others' events: facts, the figures they add up to, and new days in a new zone."""

from collections.abc import AsyncIterator, Sequence
from typing import ClassVar

from crmkit.db.pool import Connection
from crmkit.events.envelope import Wire
from services.reporting.fact.statements import SHAPES, Shape
from services.reporting.rollup import statements

_SECONDS = 25
"""A rebuild of millions of facts takes longer than the pool allows, and folds wait for it."""
_PATIENCE = f"set local lock_timeout = '{_SECONDS}s'; set local statement_timeout = '{_SECONDS}s'"
_LOCK = 0x726F6C6C7570
_FOLDING = f"{_PATIENCE}; select pg_advisory_xact_lock_shared({_LOCK})"
_REBUILDING = f"{_PATIENCE}; select pg_advisory_xact_lock({_LOCK})"
_QUIETLY = "set local client_min_messages = warning"
"""Nobody has to be told that a table is there already."""

_CUT_ANEW = tuple(
    (f"delete from {into.table} where tenant_id = $1", statements.rebuild(into))
    for into in (statements.DAYS, statements.OF_CAMPAIGN)
)


class Zones:
    """Cuts all days of a tenant again when news of it arrive, for its time zone may be another.

    Runs after the directory has the new zone and before the folds of the same batch.
    """

    aggregates: ClassVar[frozenset[str]] = frozenset({"tenant"})

    async def apply(self, connection: Connection, events: Sequence[Wire]) -> None:
        await connection.execute(_REBUILDING, timeout=_SECONDS)
        for tenant_id in sorted({event.tenantid for event in events}):
            for clear, rebuild in _CUT_ANEW:
                await connection.execute(clear, tenant_id, timeout=_SECONDS)
                await connection.execute(rebuild, tenant_id, timeout=_SECONDS)


class FactFold:
    """Folds the events of one aggregate: a batch is put beside the facts, and folded from there in
    one statement."""

    def __init__(self, shape: Shape) -> None:
        self.aggregates = frozenset({shape.aggregate})
        self._shape = shape
        self._fold = statements.fold(shape)

    async def apply(self, connection: Connection, events: Sequence[Wire]) -> None:
        await stage(connection, self._shape, events)
        # what `execute` sends without arguments is planned each time
        await connection.fetch(self._fold, timeout=_SECONDS)


async def stage(connection: Connection, shape: Shape, events: Sequence[Wire]) -> None:
    """Put a batch, of which a transaction has one, where the fold takes it from.

    The lock comes first, in a statement of its own: a fold must not cut days in the zone that it
    saw before a rebuild which it then waits for.
    """
    lines = shape.lines(events)
    await connection.execute(f"{_FOLDING}; {_QUIETLY}; {shape.stage}", timeout=_SECONDS)
    await connection.copy_to_table(
        shape.staging, source=_whole(lines), format="csv", null="null", timeout=_SECONDS
    )


async def _whole(lines: bytes) -> AsyncIterator[bytes]:
    """A file, even one in memory, asyncpg would have read by a thread."""
    yield lines


zones = Zones()
(
    leads,
    activities,
    opportunities,
    contracts,
    receipts,
    surveys,
    accounts,
    campaign_costs,
    visits,
    enquiries,
    feedback,
) = map(FactFold, SHAPES)
