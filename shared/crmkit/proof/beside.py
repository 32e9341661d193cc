"""The checks between services all the time, on a sample: copies and watermarks beside their owners.

No service's worker reads another's database. Whoever hosts several services (`crm worker all`), or
none (`crm monitor`, which is the auditor's), compares those whose databases it has.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import UUID

import asyncpg
import structlog

from crmkit.db.pool import Connection, Database
from crmkit.events.envelope import topic
from crmkit.kernel.interval import Interval
from crmkit.messaging.mirrors import Mirror
from crmkit.proof.copies import MirrorCheck
from crmkit.proof.counted import announce, count
from crmkit.proof.findings import Finding
from crmkit.proof.marks import Passed, compare_marks, find_passed
from crmkit.proof.window import Window
from crmkit.service import Service

ROWS = 50
"""Rows of each table that a look takes, beside those that the owner's window is about."""

_EVERY = timedelta(seconds=2)
_TURN = timedelta(minutes=5)
"""What a consumer has from copies to watermark: a turn has a minute, comes again where it failed,
and stands still with its process."""

_BRIEF = "set local statement_timeout = '3s'"
_TOUCHED = """
select distinct e.aggregate, e.tenant_id, e.aggregate_id, e.id
from ledger l join event e on e.tenant_id = l.tenant_id and e.id = l.event_id
where l.position >= $1 and l.position < $2
"""
_NEXT_ROWS = """
select distinct tenant_id, {key} as id from {table} where (tenant_id, {key}) > ($1, $2)
order by 1, 2 limit $3
"""
_KINDS = ("copies", "watermarks")
_BEFORE_ALL = UUID(int=0), UUID(int=0)
Keys = set[tuple[UUID, UUID]]
log = structlog.get_logger()


def pairs(services: Sequence[Service]) -> list[tuple[Service, Service]]:
    """Each listener with each of those that it hears."""
    return [
        (listener, owner)
        for listener in services
        for owner in services
        if owner.topics.intersection(listener.follows)
    ]


class Beside:
    """Each turn looks at one listener and one of those it hears; `databases` are system roles'."""

    def __init__(self, services: Sequence[Service], databases: Mapping[str, Database]) -> None:
        self._databases = databases
        self._pairs = [Looking(listener, owner) for listener, owner in pairs(services)]
        self._turn = 0
        self._next = Interval(_EVERY)

    async def __call__(self) -> bool:
        if self._pairs and self._next.due:
            self._next.restart()
            looking = self._pairs[self._turn % len(self._pairs)]
            self._turn += 1
            names = looking.listener.name, looking.owner.name
            await looking.look(*(self._databases[name] for name in names))
        return False


class Looking:
    """Walks what a listener keeps of an owner, round and round."""

    def __init__(self, listener: Service, owner: Service) -> None:
        self.listener = listener
        self.owner = owner
        self.window = Window()
        self.places: dict[str, tuple[UUID, UUID]] = {}
        self._mirrors = [m for m in listener.mirrors if topic(m.aggregate) in owner.topics]
        self._passed: dict[Passed, Interval] = {}
        announce(listener.name, _KINDS)

    async def look(self, listener: Database, owner: Database) -> list[Finding]:
        """One turn, now; the listener's snapshot is the older one."""
        try:
            async with _snapshot(listener) as kept, _snapshot(owner) as told:
                copies = await self._copies(kept, told)
                marks = await self._marks(kept, told)
        except asyncpg.QueryCanceledError:
            log.warning("consistency.too_large", table=self.listener.name, of=self.owner.name)
            return []
        count(self.listener.name, "copies", copies)
        count(self.listener.name, "watermarks", [marks])
        return [*copies, marks]

    async def _copies(self, kept: Connection, told: Connection) -> list[Finding]:
        touched = await self._touched(told)
        rows = {mirror.table: await self._next_rows(kept, mirror) for mirror in self._tables()}
        partitions = self.listener.settings.load().kafka_partitions
        names = self.listener.name, self.owner.name
        found = []
        for mirror in self._mirrors:
            keys = rows[mirror.table] | touched.get((mirror.aggregate, mirror.each), set())
            if keys:
                tenants, ids = zip(*sorted(keys), strict=True)
                check = MirrorCheck(mirror, *names, partitions, (list(tenants), list(ids)))
                found.append(await check.run(kept, told))
        return found

    def _tables(self) -> list[Mirror]:
        """One mirror of each table: they have the key in common."""
        return list({mirror.table: mirror for mirror in self._mirrors}.values())

    async def _touched(self, told: Connection) -> dict[tuple[str, bool], Keys]:
        """What the next window of the owner's ledger is about: records, and events."""
        first, end = await self.window.advance(told)
        touched: dict[tuple[str, bool], Keys] = {}
        for row in await told.fetch(_TOUCHED, first, end):
            for each, name in ((False, "aggregate_id"), (True, "id")):
                key = row["aggregate"], each
                touched.setdefault(key, set()).add((row["tenant_id"], row[name]))
        return touched

    async def _next_rows(self, kept: Connection, mirror: Mirror) -> Keys:
        """The next rows of a table, so that what nobody told is found as well."""
        after = self.places.get(mirror.table, _BEFORE_ALL)
        sql = _NEXT_ROWS.format(key=mirror.key, table=mirror.table)
        rows = [tuple(row) for row in await kept.fetch(sql, *after, ROWS)]
        self.places[mirror.table] = rows[-1] if len(rows) == ROWS else _BEFORE_ALL
        return set(rows)

    async def _marks(self, kept: Connection, told: Connection) -> Finding:
        finding = await compare_marks(kept, told, self.listener, self.owner)
        passed = set()
        if finding.behind:
            passed = set(await find_passed(kept, told, self.listener, self.owner))
        self._passed = {each: self._passed.get(each) or _since_now() for each in passed}
        for each, patience in self._passed.items():
            if patience.due:
                finding.note(each.difference(self.owner.name))
                finding.behind -= 1
        return finding


def _since_now() -> Interval:
    patience = Interval(_TURN)
    patience.restart()
    return patience


@asynccontextmanager
async def _snapshot(database: Database) -> AsyncIterator[Connection]:
    async with (
        database.system() as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        await connection.execute(_BRIEF)
        await connection.execute("select")  # the snapshot is taken by the first statement
        yield connection
