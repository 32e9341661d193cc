"""What a service does with the events of others: copies, folds and reactions."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, Protocol, TypeVar

from crmkit.db.pool import Connection
from crmkit.db.rows import plan
from crmkit.db.tables import Record
from crmkit.db.writing import Tx
from crmkit.events.envelope import REGISTRY, Event, Wire
from crmkit.events.erasure import blanks
from crmkit.messaging.emptying import erased_records
from crmkit.messaging.mirrors import Mirror

E = TypeVar("E", bound=Event[Any])
Act = Callable[[Tx, Any], Awaitable[Record | None]]


class Fold(Protocol):
    """Takes a whole batch in one transaction; must be harmless when it sees an event again."""

    aggregates: frozenset[str]

    async def apply(self, connection: Connection, events: Sequence[Wire]) -> None:
        """`events` are of `aggregates`, in the order of their partitions."""


@dataclass(frozen=True, slots=True)
class Reaction:
    """A command that an event starts. It must be idempotent by a natural key."""

    event: type[Event[Any]]
    act: Act


def consumes(event: type[E]) -> Callable[[Callable[[Tx, E], Awaitable[Any]]], Reaction]:
    """Mark a function of a room's consumers.py as what to do when the event arrives."""

    def mark(act: Callable[[Tx, E], Awaitable[Any]]) -> Reaction:
        return Reaction(event, act)

    return mark


class Copy:
    """A local copy of another service's aggregate: the newest state, as far as columns match.

    Where the table has `versions`, all states are kept there beside it.
    """

    def __init__(self, cls: type[Record], aggregate: str) -> None:
        self.aggregates = frozenset({aggregate})
        self._cls = cls
        self._aggregate = aggregate

    @property
    def mirrors(self) -> tuple[Mirror, ...]:
        """When a row came first depends on how events were cut into batches: it proves nothing."""
        known = plan(self._cls)
        columns = tuple(name for name in known.columns if name != "created_at")

        def rows(events: Sequence[Wire]) -> list[list[Any]]:
            return [_values(event.event(), columns) for event in events]

        newest = Mirror(known.table, self._aggregate, columns, rows)
        if self._cls.versions is None:
            return (newest,)
        versions = plan(self._cls.versions).table
        return newest, Mirror(versions, self._aggregate, columns, rows, versions=True)

    async def apply(self, connection: Connection, events: Sequence[Wire]) -> None:
        await self._put(connection, self._cls, newest_of(events))
        if self._cls.versions is not None:
            await self._put(connection, self._cls.versions, each_of(events))
            await self._empty(connection, self._cls.versions, events)

    async def _put(self, connection: Connection, cls: type[Record], events: Sequence[Wire]) -> None:
        columns = plan(cls).columns
        rows = [_values(event.event(), columns) for event in events]
        await connection.execute(_upsert(cls), *map(list, zip(*rows, strict=True)))

    async def _empty(
        self, connection: Connection, cls: type[Record], events: Sequence[Wire]
    ) -> None:
        """What was told of a person who has been erased goes from the states before, too."""
        for page in erased_records(events):
            (state,) = {each.state_type for each in REGISTRY.values() if self._is_told_by(each)}
            empty = blanks(state)
            changed = [name for name in plan(cls).columns if name in empty]
            if changed:
                await connection.execute(_emptied(cls, changed, empty), *page)

    def _is_told_by(self, event: type[Event[Any]]) -> bool:
        return event.aggregate == self._aggregate


def each_of(events: Sequence[Wire]) -> list[Wire]:
    """Each event once, sorted by tenant, aggregate and version."""
    each = {(*_aggregate(event), event.aggregateversion): event for event in events}
    return [each[key] for key in sorted(each)]


def are_newest(events: Sequence[Wire]) -> list[bool]:
    """Which events are the newest of their aggregates, where they come as `each_of` sorts them."""
    keys = [_aggregate(event) for event in events]
    return [key != following for key, following in zip_longest(keys, keys[1:])]


def newest_of(events: Sequence[Wire]) -> list[Wire]:
    """The event of the highest version of each aggregate, sorted by tenant and aggregate."""
    newest: dict[tuple[int, int], Wire] = {}
    for event in events:
        key = _aggregate(event)
        known = newest.get(key)
        if known is None or event.aggregateversion > known.aggregateversion:
            newest[key] = event
    return [newest[key] for key in sorted(newest)]


def _aggregate(event: Wire) -> tuple[int, int]:
    """As numbers, whose order is that of the ids: a UUID hashes and compares in Python."""
    return event.tenantid.int, event.subject.int


def _values(event: Event[Any], columns: Sequence[str]) -> list[Any]:
    known = {
        "tenant_id": event.tenant_id,
        "version": event.version,
        "created_at": event.recorded_at,
        "updated_at": event.recorded_at,
    }
    state = event.state
    return [known[name] if name in known else getattr(state, name) for name in columns]


def _emptied(cls: type[Record], names: Sequence[str], empty: Mapping[str, Any]) -> str:
    to = ", ".join(f"{name} = {'null' if empty[name] is None else repr('')}" for name in names)
    return (
        f"update {plan(cls).table} t set {to}"
        " from unnest($1::uuid[], $2::uuid[], $3::int[]) e (tenant_id, id, version)"
        " where t.tenant_id = e.tenant_id and t.id = e.id and t.version < e.version"
    )


def _upsert(cls: type[Record]) -> str:
    known = plan(cls)
    names = ", ".join(known.columns)
    arrays = ", ".join(f"${n}::{known.types[c]}[]" for n, c in enumerate(known.columns, 1))
    changed = ", ".join(
        f"{c} = excluded.{c}" for c in known.columns if c not in {*cls.key_columns, "created_at"}
    )
    return (
        f"insert into {known.table} as t ({names}) select * from unnest({arrays})"
        f" on conflict ({', '.join(cls.key_columns)}) do update set {changed}"
        " where t.version < excluded.version"
    )
