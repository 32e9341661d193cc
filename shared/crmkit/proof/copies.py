"""Whether what a service keeps of others is what they told: copies, directory, facts, the feed.

The listener's snapshot is older than the teller's, so every kept version must be among those told.
A newer one is a difference only where the watermark says that it has been applied.
"""

from collections.abc import AsyncIterator, Mapping
from typing import Any
from uuid import UUID

import msgspec

from crmkit.db.pool import Connection
from crmkit.events.envelope import Unreadable, Wire
from crmkit.events.erasure import is_emptied
from crmkit.messaging.mirrors import Difference, Mirror
from crmkit.proof import telling
from crmkit.proof.findings import Finding

_MARKS = "select topic, partition, position from watermark where producer = $1"
_LOST = "select event_id from ledger_lost"
_WHOLE = "($1::uuid is null or tenant_id = $1)"
_SOME = "(tenant_id, {}) in (select * from unnest($1::uuid[], $2::uuid[]))"
Key = tuple[UUID, UUID, int]
"""Tenant, id, and the version where each has a row, else 0."""


class MirrorCheck:
    """Compares one mirror with its owner's events, row by row, both in order of their keys."""

    def __init__(
        self, mirror: Mirror, listener: str, owner: str, partitions: int, whose: telling.Whose
    ) -> None:
        self.mirror = mirror
        self.owner = owner
        self.partitions = partitions
        self.whose = whose
        self.finding = Finding(listener, f"rows of {mirror.table} from {owner}.{mirror.aggregate}")
        self._marks: Mapping[tuple[str, int], int] = {}
        self._lost: frozenset[UUID] = frozenset()

    async def run(self, kept: Connection, told: Connection) -> Finding:
        """`kept` is the listener's snapshot and the older one, `told` the owner's."""
        self._marks = {
            (row["topic"], row["partition"]): row["position"]
            for row in await kept.fetch(_MARKS, self.owner)
        }
        if self.mirror.each:
            self._lost = frozenset(row["event_id"] for row in await told.fetch(_LOST))
        tell = self._tell()(told, self.owner, self.mirror.aggregate, self.whose)
        events = _keyed(tell, self._key)
        async for row, event in _paired(self._rows(kept), events):
            if row is not None:
                self.finding.looked_at += 1
            if event is None and row[self.mirror.key] in self._lost:
                self.finding.given_up += 1
            elif event is None:
                self._wrong(self._key_of(row), "row", "there", "no event")
            elif row is None or row["version"] < event.aggregateversion:
                await self._older(told, row, event)
            elif self._is_unread(row, event) or await self._is_unemptied(told, event):
                self.finding.behind += 1
            else:
                self._compare(row, event)
        return self.finding

    def _is_unread(self, row: Any, event: Wire) -> bool:
        filled = self.mirror.filled
        return filled is not None and row[filled] is None and not self._is_heard(event)

    async def _is_unemptied(self, told: Connection, event: Wire) -> bool:
        """Whether the event was erased, of which the listener need not have heard yet."""
        if not is_emptied(bytes(event.data)):
            return False
        erasure = await telling.erasure_of(told, self.owner, event)
        return erasure is not None and not self._is_heard(erasure)

    def _is_heard(self, event: Wire) -> bool:
        place = telling.slot(event, self.partitions)
        return 0 < event.position <= self._marks.get(place, 0)

    def _tell(self) -> Any:
        if self.mirror.each:
            return telling.every
        return telling.versions if self.mirror.versions else telling.newest

    def _key(self, event: Wire) -> Key:
        version = event.aggregateversion if self.mirror.versions else 0
        return event.tenantid, event.id if self.mirror.each else event.subject, version

    def _key_of(self, row: Any) -> Key:
        version = row["version"] if self.mirror.versions else 0
        return row["tenant_id"], row[self.mirror.key], version

    async def _rows(self, kept: Connection) -> AsyncIterator[tuple[Key, Any]]:
        async for row in kept.cursor(*select(self.mirror, self.whose), prefetch=1000):
            yield self._key_of(row), row

    async def _older(self, told: Connection, row: Any, event: Wire) -> None:
        """What is missing or old is behind, unless the watermark covers what it lacks."""
        if row is None and not [*self.mirror.rows([event])]:
            return  # an event that is not taken in
        if self._is_heard(event):
            version = "nothing" if row is None else f"version {row['version']}"
            wanted = f"version {event.aggregateversion}, position {event.position}"
            self._wrong(self._key(event), "version", version, wanted)
            return
        self.finding.behind += 1
        if row is not None:
            older = await telling.of_version(told, self.owner, event, row["version"])
            if older is not None:
                self._compare(row, older)
            else:
                self._wrong(self._key(event), "version", str(row["version"]), "a version told")

    def _compare(self, row: Any, event: Wire) -> None:
        try:
            told = [*self.mirror.rows([event])]
        except (msgspec.ValidationError, Unreadable) as error:
            self._wrong(self._key(event), "state", f"version {row['version']}", str(error))
            return
        if not told:
            self._wrong(self._key(event), "row", "there", "an event that is not taken in")
        for wanted in told:
            for name, value in zip(self.mirror.columns, wanted, strict=True):
                if row[name] != value:
                    self._wrong(self._key(event), name, str(row[name]), str(value))

    def _wrong(self, key: Key, field: str, kept: str, wanted: str) -> None:
        tenant, row_id, version = key
        row = f"{row_id} version {version}" if self.mirror.versions else str(row_id)
        self.finding.note(Difference(self.mirror.table, tenant, row, field, kept, wanted))


async def _keyed(events: AsyncIterator[Wire], key: Any) -> AsyncIterator[tuple[Key, Wire]]:
    async for event in events:
        yield key(event), event


async def _paired(
    rows: AsyncIterator[tuple[Key, Any]], events: AsyncIterator[tuple[Key, Wire]]
) -> AsyncIterator[tuple[Any, Any]]:
    """What has the same key together; what is alone beside None. Both come sorted by key."""
    row, event = await anext(rows, None), await anext(events, None)
    while row is not None or event is not None:
        if event is None or (row is not None and row[0] < event[0]):
            yield row and row[1], None
            row = await anext(rows, None)
        elif row is None or event[0] < row[0]:
            yield None, event[1]
            event = await anext(events, None)
        else:
            yield row[1], event[1]
            row, event = await anext(rows, None), await anext(events, None)


def select(mirror: Mirror, whose: telling.Whose) -> tuple[Any, ...]:
    """The statement of these rows, by key, with its arguments."""
    names = ", ".join(dict.fromkeys((mirror.key, *mirror.columns)))
    where = _SOME.format(mirror.key) if isinstance(whose, tuple) else _WHOLE
    sql = f"""
select {names} from {mirror.table} where {where} and {mirror.only}
order by tenant_id, {mirror.key}, version
"""
    return (sql, *whose) if isinstance(whose, tuple) else (sql, whose)
