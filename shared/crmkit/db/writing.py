"""Tx: a command says what changes; it is written in one statement when the command is done."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

import asyncpg

from crmkit.db.asof import Source
from crmkit.db.pool import Connection
from crmkit.db.reading import Reading
from crmkit.db.rows import Key, plan, row
from crmkit.db.statements import by_columns
from crmkit.db.tables import Record
from crmkit.events.envelope import Event
from crmkit.kernel import ids
from crmkit.kernel.errors import Conflict, NotFound, Stale

R = TypeVar("R", bound=Record)
Memo = dict[tuple[Any, ...], "asyncio.Future[list[asyncpg.Record]]"]
_TICK = timedelta(microseconds=1)
RESTORABLE = timedelta(days=30)


@dataclass(slots=True)
class Happening:
    """An event to be written: the values of the row before and after it."""

    type: type[Event[Any]]
    occurred_at: datetime
    before: Mapping[str, Any] | None
    after: Mapping[str, Any]
    cause: UUID | None = None
    traceparent: str | None = None
    remains: str | None = None
    """Of an erasure: the digest of what it leaves of the events before it."""

    unnamed: bool = False
    """Whether the event does not say who caused it."""


@dataclass(frozen=True, slots=True)
class Aside:
    """What else the one statement does. `{0}`, `{1}` stand for the arguments, `$1` for the tenant;
    `count` rows have to be changed, any number where it is None."""

    sql: str
    arguments: tuple[Any, ...]
    count: int | None = None


@dataclass(slots=True)
class Change:
    """All that a command does to one row; several updates are one UPDATE with several events."""

    cls: type[Record]
    base_version: int
    """0: the row is created; else the version the UPDATE is guarded by."""

    after: dict[str, Any]
    happenings: list[Happening]


@dataclass(slots=True)
class Tx(Reading):
    """What a command needs: reading, and what it wants changed."""

    occurred_at: datetime
    """When it happened in the business; `now` unless the caller may write history and says so."""

    dated: bool = False
    """Whether the caller has said when it happened."""

    expected: int | None = None
    """The version the caller's `If-Match` names, for the first row taken for a change."""

    cause: UUID | None = None
    traceparent: str | None = None
    unnamed: bool = False
    """Whether the events of this change are not to say who caused them 匿名."""

    fresh: bool = False
    """Nothing that the process remembers is relied on: the caller names a version, so there is one
    try, or one has found that something moved."""

    locked: Connection | None = None
    """From the third try on: the transaction in which rows are read with a lock."""

    memo: Memo | None = None
    """Of a batch: what its rows have read already; versions guard what is decided on it."""

    changes: dict[Key, Change] = field(default_factory=dict)
    expectations: dict[Key, int] = field(default_factory=dict)
    asides: list[Aside] = field(default_factory=list)
    contested: set[str] = field(default_factory=set)
    """Unique indexes whose place another may take first: the command then looks again."""

    async def take(self, cls: type[R], row_id: UUID, action: str = "write") -> R:
        """The row, for a change: NotFound, Forbidden (policy) or Stale (If-Match).

        Sees what this Tx has already changed.
        """
        found = await self._current(cls, row_id)
        aggregate = plan(cls).table
        if found is None:
            raise NotFound.of(aggregate)
        self.policy.check(self.actor, aggregate, action, found)
        self._demand_expected(found)
        return found

    async def find(self, cls: type[R], **equal: Any) -> R | None:
        if self.locked is None:
            return await Reading.find(self, cls, **equal)
        sql = by_columns(cls, tuple(equal), lock=True)
        found = await self.locked.fetchrow(sql, self.tenant_id, *equal.values())
        return row(cls, found) if found else None

    async def fetch(
        self, sql: str, *arguments: Any, of: Sequence[Source] | None = None
    ) -> list[asyncpg.Record]:
        if self.locked is not None:
            return list(await self.locked.fetch(sql, *arguments))
        if self.memo is None:
            return await Reading.fetch(self, sql, *arguments, of=of)
        key = (sql, *map(_hashable, arguments))
        reading = self.memo.get(key)
        if reading is None:
            reading = self.memo[key] = asyncio.ensure_future(Reading.fetch(self, sql, *arguments))
        return await reading

    def create(self, cls: type[R], event: type[Event[Any]], **values: Any) -> R:
        """A new row, with its event. Tenant, id, version and instants are filled in.

        The policy must allow `create` on the row as it will be.
        """
        known = plan(cls)
        after = dict(known.defaults)
        after.update(
            tenant_id=self.tenant_id,
            id=ids.new(),
            version=1,
            created_at=self.now,
            updated_at=self.now,
        )
        after.update(values)
        _complete(known.table, known.columns, after)
        made = row(cls, after)
        self.policy.demand(self.actor, known.table, "create")
        self.policy.check(self.actor, known.table, "create", made)
        self.changes[cls, made.id] = Change(cls, 0, after, [self._happening(event, None, after)])
        return made

    def update(self, before: R, event: type[Event[Any]], **values: Any) -> R:
        """The row with these values, its version one higher; the same row where nothing differs.

        Forbidden `field.masked` where the actor does not see one of the fields, differ or not:
        whoever could write one could guess it, since an equal value is no new version.
        """
        cls = type(before)
        old = before.__dict__
        self.policy.demand_seen(self.actor, plan(cls).table, values)
        if all(old[name] == value for name, value in values.items()):
            return before
        _demand_unerased(plan(cls).table, old, values, event)
        version = before.version + 1
        now = self.later_than(before)
        after = {n: old[n] for n in plan(cls).columns} | values
        after.update(version=version, updated_at=now)
        key = (cls, before.id)
        change = self.changes.get(key)
        if change is None:
            change = self.changes[key] = Change(cls, before.version, after, [])
        elif change.after["version"] != before.version:
            raise TypeError(f"{plan(cls).table}: updated twice from the same row")
        change.after = after
        change.happenings.append(self._happening(event, old, after))
        return row(cls, after)

    def later_than(self, before: Record) -> datetime:
        """Now, or just after the record last changed where that is later by a clock of others."""
        return max(self.now, before.updated_at + _TICK)

    def _happening(
        self,
        event: type[Event[Any]],
        before: Mapping[str, Any] | None,
        after: Mapping[str, Any],
    ) -> Happening:
        told = Happening(event, self.occurred_at, before, after, self.cause, self.traceparent)
        told.unnamed = self.unnamed
        return told

    def delete(self, before: R, event: type[Event[Any]]) -> R:
        """Put the row away; `deleted_at` hides it from every query."""
        return self.update(before, event, deleted_at=self.now)

    async def take_any(self, cls: type[R], row_id: UUID) -> R:
        """The row, deleted or not, as far as the caller sees it: NotFound or Stale (If-Match)."""
        sql = by_columns(cls, ("id",), lock=self.locked is not None, deleted=True)
        found = await self.fetch(sql, self.tenant_id, row_id)
        aggregate = plan(cls).table
        if not found:
            raise NotFound.of(aggregate)
        known = row(cls, found[0])
        self.policy.check(self.actor, aggregate, "read", known)
        self._demand_expected(known)
        return known

    async def take_deleted(self, cls: type[R], row_id: UUID) -> R:
        """A deleted row, to be restored; NotFound after 30 days."""
        sql = by_columns(cls, ("id",), lock=self.locked is not None, deleted=True)
        found = await self.fetch(sql, self.tenant_id, row_id)
        aggregate = plan(cls).table
        gone_at = found[0]["deleted_at"] if found else None
        if gone_at is None or self.now - gone_at > RESTORABLE:
            raise NotFound(f"no such deleted {aggregate}", code=f"{aggregate}.not_found")
        deleted = row(cls, found[0])
        self.policy.check(self.actor, aggregate, "write", deleted)
        self._demand_expected(deleted)
        return deleted

    def restore(self, before: R, event: type[Event[Any]]) -> R:
        """Bring a deleted row back."""
        return self.update(before, event, deleted_at=None)

    def expect(self, found: Record) -> None:
        """The decision rests on this row though it does not change: Stale if its version moves."""
        key = (type(found), found.id)
        if key not in self.changes:
            self.expectations[key] = found.version

    def forget(self) -> None:
        """Write nothing of what was said so far: a dry run has shown it."""
        self.changes.clear()
        self.expectations.clear()
        self.asides.clear()

    def date(self, occurred_at: datetime) -> None:
        """The caller says when it happened."""
        self.occurred_at, self.dated = occurred_at, True

    def follow(self, earlier: datetime) -> None:
        """It comes after what happened then. Where the caller has not said when it happened, a
        clock that was ahead when that was recorded makes it that instant, and no contradiction."""
        if not self.dated:
            self.occurred_at = max(self.occurred_at, earlier)

    def _demand_expected(self, found: Record) -> None:
        """Stale where the caller's `If-Match` names another version; it counts for one row."""
        expected, self.expected = self.expected, None
        if expected is not None and found.version != expected:
            raise Stale(
                f"version {expected} was expected, {found.version} stands",
                code="stale",
                extra={"version": found.version},
            )

    async def _current(self, cls: type[R], row_id: UUID) -> R | None:
        pending = self.changes.get((cls, row_id))
        if pending is not None:
            return row(cls, pending.after)
        return await self.find(cls, id=row_id)


def _demand_unerased(
    table: str, old: Mapping[str, Any], values: Mapping[str, Any], event: type[Event[Any]]
) -> None:
    """Nothing about a person is written to a record of which it was erased."""
    if old.get("erased_at") is None:
        return
    personal = event.state_type.personal
    if any(name in personal and value != old[name] for name, value in values.items()):
        raise Conflict("what this tells of a person was erased", code=f"{table}.erased")


def _hashable(argument: Any) -> Any:
    return tuple(argument) if isinstance(argument, list) else argument


def _complete(table: str, columns: tuple[str, ...], values: Mapping[str, Any]) -> None:
    if len(values) != len(columns) or any(name not in values for name in columns):
        missing = sorted(set(columns) - set(values))
        unknown = sorted(set(values) - set(columns))
        raise TypeError(f"{table}: missing {missing}, unknown {unknown}")
