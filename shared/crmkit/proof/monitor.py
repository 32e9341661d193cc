"""The same checks all the time, on a sample: a schedule that walks the ledger round and round."""

from datetime import timedelta
from uuid import UUID

import asyncpg
import structlog
from prometheus_client import Counter, Gauge

from crmkit.db.executor import Executor
from crmkit.db.pool import Connection, Database
from crmkit.kernel import clock
from crmkit.kernel.interval import Interval
from crmkit.messaging.mirrors import Sum
from crmkit.metrics import REGISTRY
from crmkit.proof.chain import check_window
from crmkit.proof.findings import Finding
from crmkit.proof.rows import check_touched
from crmkit.proof.verify import check_sum
from crmkit.service import Service

WINDOW = 200
"""Ledger entries a turn looks at, with the rows that they are about."""

_EVERY = timedelta(seconds=5)
_HEAD = "select coalesce(max(position), 0) from ledger"
_NEXT_TENANT = "select min(tenant_id::text)::uuid from {} where tenant_id > $1"
_BRIEF = "set local statement_timeout = '3s'"
_BEFORE_ALL = UUID(int=0)
CHECKED = Counter(
    "crm_consistency_checked",
    "Ledger entries, rows and figures that the monitor has looked at",
    ["service"],
    registry=REGISTRY,
)
DIFFERENCES = Counter(
    "crm_consistency_differences",
    "Differences that the monitor has found; one that stays is found again each round",
    ["service"],
    registry=REGISTRY,
)
LAST = Gauge(
    "crm_consistency_last_run_timestamp_seconds",
    "When the monitor last finished a turn",
    ["service"],
    registry=REGISTRY,
)
log = structlog.get_logger()


class Monitor:
    """A schedule; each turn takes the next window of the ledger and the next tenant's figures."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self._first = 0
        self._tenants = [_BEFORE_ALL for _ in self._sums]
        self._next = Interval(_EVERY)
        for metric in (CHECKED, DIFFERENCES):
            metric.labels(service.name)

    async def __call__(self, _: Executor, system: Database) -> bool:
        if self._next.due:
            self._next.restart()
            await self.look(system)
        return False

    async def look(self, system: Database) -> list[Finding]:
        """One turn, now; what it found is counted and logged."""
        async with system.system() as connection:
            findings = await self._windows(connection)
            findings += await self._figures(connection)
        for finding in findings:
            CHECKED.labels(self.service.name).inc(finding.looked_at)
            DIFFERENCES.labels(self.service.name).inc(finding.wrong)
            for found in finding.differences:
                log.error(
                    "consistency.difference",
                    service=self.service.name,
                    table=found.table,
                    tenant=str(found.tenant_id),
                    row=found.row,
                    field=found.field,
                    wanted=_unless_personal(found.table, found.wanted),
                )
        LAST.labels(self.service.name).set(clock.now().timestamp())
        return findings

    async def _windows(self, connection: Connection) -> list[Finding]:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            first = self._advance(await connection.fetchval(_HEAD))
            ledger = await check_window(connection, self.service.name, first, WINDOW)
            return [ledger, *await check_touched(connection, self.service, first, WINDOW)]

    def _advance(self, head: int) -> int:
        """A new process begins anywhere, for those that live briefly would never reach the end."""
        if not self._first:
            self._first = 1 + clock.now().microsecond * head // 1_000_000
        first = self._first if self._first <= head else 1
        self._first = first + WINDOW
        return first

    @property
    def _sums(self) -> list[Sum]:
        """What triggers keep is left to `crm verify`: a look costs as much as the rest together."""
        return [each for each in self.service.sums if each.mend is None]

    async def _figures(self, connection: Connection) -> list[Finding]:
        found = []
        for n, figures in enumerate(self._sums):
            sql = _NEXT_TENANT.format(figures.table)
            tenant = await connection.fetchval(sql, self._tenants[n])
            self._tenants[n] = tenant or _BEFORE_ALL
            if tenant is None:
                continue
            try:
                async with connection.transaction(isolation="repeatable_read", readonly=True):
                    await connection.execute(_BRIEF)
                    found.append(await check_sum(connection, self.service.name, figures, [tenant]))
            except asyncpg.QueryCanceledError:
                log.warning("consistency.too_large", table=figures.table, tenant=str(tenant))
        return found


def _unless_personal(table: str, value: str) -> str:
    """Logs are read by more people than records are."""
    return value if table in {"ledger", "event", "rollup_day"} else "…"
