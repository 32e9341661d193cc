"""The same checks all the time, on a sample: a schedule that walks the ledger round and round."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import asyncpg
import structlog

from crmkit.db.executor import Executor
from crmkit.db.pool import Connection, Database
from crmkit.kernel.interval import Interval
from crmkit.proof.chain import check_window
from crmkit.proof.counted import announce, count
from crmkit.proof.custom import check_custom, custom_tables
from crmkit.proof.findings import Finding
from crmkit.proof.roots import check_roots
from crmkit.proof.rows import check_touched
from crmkit.proof.verify import check_sum
from crmkit.proof.window import WINDOW, Window
from crmkit.service import Service

_EVERY = timedelta(seconds=5)
_NEXT_TENANT = "select tenant_id from {} where tenant_id > $1 order by 1 limit 1"
_BRIEF = "set local statement_timeout = '3s'"
_BEFORE_ALL = UUID(int=0)
log = structlog.get_logger()


@dataclass(slots=True)
class Round:
    """A check that takes one tenant at a time; `tenant` is the last one it took."""

    kind: str
    table: str
    check: Callable[[Connection, UUID], Awaitable[Finding]]
    tenant: UUID = _BEFORE_ALL


class Monitor:
    """A schedule; each turn takes the next window of the ledger, and one tenant's figures or
    values."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.window = Window()
        self.rounds = [*_figures(service), *_values(service)]
        self._turn = 0
        self._next = Interval(_EVERY)
        announce(service.name, {"ledger", "roots", "rows", *(each.kind for each in self.rounds)})

    async def __call__(self, _: Executor, system: Database) -> bool:
        if self._next.due:
            self._next.restart()
            await self.look(system)
        return False

    async def look(self, system: Database) -> list[Finding]:
        """One turn, now; what it found is counted and logged."""
        async with system.system() as connection:
            found = await self._events(connection)
            if self.rounds:
                round_ = self.rounds[self._turn % len(self.rounds)]
                self._turn += 1
                found[round_.kind] = await self._go_on(connection, round_)
        for kind, findings in found.items():
            count(self.service.name, kind, findings)
        return [finding for findings in found.values() for finding in findings]

    async def _events(self, connection: Connection) -> dict[str, list[Finding]]:
        name = self.service.name
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            first, _ = await self.window.advance(connection)
            found = {
                "ledger": [await check_window(connection, name, first, WINDOW)],
                "rows": await check_touched(connection, self.service, first, WINDOW),
            }
            if first == 1:
                signs = bool(self.service.settings.load().ledger_key)
                found["roots"] = [await check_roots(connection, name, signs=signs)]
        return found

    async def _go_on(self, connection: Connection, round_: Round) -> list[Finding]:
        """The next tenant's, unless there is none: then the round begins again."""
        sql = _NEXT_TENANT.format(round_.table)
        tenant = await connection.fetchval(sql, round_.tenant)
        round_.tenant = tenant or _BEFORE_ALL
        if tenant is None:
            return []
        try:
            async with connection.transaction(isolation="repeatable_read", readonly=True):
                await connection.execute(_BRIEF)
                return [await round_.check(connection, tenant)]
        except asyncpg.QueryCanceledError:
            log.warning("consistency.too_large", table=round_.table, tenant=str(tenant))
            return []


def _figures(service: Service) -> list[Round]:
    def of(n: int) -> Round:
        figures = service.sums[n]

        async def check(connection: Connection, tenant: UUID) -> Finding:
            return await check_sum(connection, service.name, figures, [tenant])

        return Round("figures", figures.table, check)

    return [of(n) for n in range(len(service.sums))]


def _values(service: Service) -> list[Round]:
    tables = custom_tables(service)

    async def check(connection: Connection, tenant: UUID) -> Finding:
        return await check_custom(connection, service.name, tables, tenant)

    return [Round("values", table, check) for table in tables]
