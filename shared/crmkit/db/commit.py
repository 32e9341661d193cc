"""The one statement: rows, events, outbox and idempotent answer, all or nothing (laws 1 to 3)."""

import hashlib
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from typing import Any

from crmkit.db.pool import encode
from crmkit.db.rows import plan
from crmkit.db.tables import Record
from crmkit.db.writing import Change, Happening, Tx
from crmkit.events.envelope import canonical
from crmkit.events.erasure import REMAINS
from crmkit.kernel import ids
from crmkit.kernel.actor import UNNAMED

_EVENT_TYPES = {
    "tenant_id": "uuid",
    "id": "uuid",
    "aggregate": "text",
    "aggregate_id": "uuid",
    "version": "int",
    "type": "text",
    "occurred_at": "timestamptz",
    "recorded_at": "timestamptz",
    "actor": "text",
    "cause": "uuid",
    "traceparent": "text",
    "data": "json",
    "salt": "bytea",
    "digest": "bytea",
}
_EVENT = tuple(_EVENT_TYPES)
_ANSWER_TYPES = {
    "tenant_id": "uuid",
    "principal": "text",
    "route": "text",
    "key": "text",
    "fingerprint": "bytea",
    "answer": "json",
}
_LARGEST_EVENT = 512 * 1024


@dataclass(frozen=True, slots=True)
class Part:
    """Rows of one table that are written alike."""

    kind: str
    cls: type[Record]
    changes: Sequence[Any]

    @property
    def shape(self) -> tuple[str, type[Record], bool]:
        return (self.kind, self.cls, len(self.changes) > 1)


def assemble(tx: Tx, answer: Sequence[Any] | None) -> tuple[str, list[Any]]:
    """The statement that writes the Tx, and its arguments. `answer` is the idempotency row."""
    parts = _parts(tx)
    events = _events(tx)
    guarded = sum(len(part.changes) for part in parts if part.kind != "insert")
    guarded += sum(aside.count or 0 for aside in tx.asides)
    asides = tuple((each.sql, len(each.arguments), each.count is not None) for each in tx.asides)
    sql = _statement(tuple(p.shape for p in parts), _many(events), answer is not None, asides)
    arguments: list[Any] = [tx.tenant_id, guarded]
    for part in parts:
        arguments += _arguments(part)
    if events:
        arguments += _columns(events) if len(events) > 1 else events[0]
        ids_written = [event[1] for event in events]
        arguments.append(ids_written if len(events) > 1 else ids_written[0])
    arguments += answer or ()
    for aside in tx.asides:
        arguments += aside.arguments
    return sql, arguments


def _many(rows: Sequence[Any]) -> int:
    return min(len(rows), 2)


def _parts(tx: Tx) -> list[Part]:
    """Sorted by table and id, so that two statements lock rows in one order."""
    groups: dict[tuple[str, str], list[Any]] = {}
    classes: dict[str, type[Record]] = {}
    for (cls, _), change in sorted(tx.changes.items(), key=_by_table):
        name = plan(cls).table
        classes[name] = cls
        groups.setdefault((name, "update" if change.base_version else "insert"), []).append(change)
    for (cls, row_id), version in sorted(tx.expectations.items(), key=_by_table):
        if (cls, row_id) in tx.changes:
            continue
        name = plan(cls).table
        classes[name] = cls
        groups.setdefault((name, "expect"), []).append((row_id, version))
    return [
        Part(kind, classes[name], rows) for (name, kind), rows in sorted(groups.items(), key=_first)
    ]


def _by_table(item: tuple[tuple[type[Record], Any], Any]) -> tuple[str, Any]:
    (cls, row_id), _ = item
    return plan(cls).table, row_id


_first = itemgetter(0)


def _arguments(part: Part) -> list[Any]:
    columns = plan(part.cls).columns
    if part.kind == "expect":
        rows = [list(pair) for pair in part.changes]
    elif part.kind == "insert":
        rows = [[change.after[n] for n in columns] for change in part.changes]
    else:
        rows = [_update_arguments(change, columns) for change in part.changes]
    if len(rows) == 1:
        return rows[0]
    names = columns if part.kind == "insert" else ("id", "version", *_changeable(columns))
    types = plan(part.cls).types
    return [
        [value if value is None else encode(value) for value in column]
        if types[name] == "jsonb"
        else list(column)
        for name, column in zip(names, zip(*rows, strict=True), strict=False)
    ]


def _update_arguments(change: Change, columns: Iterable[str]) -> list[Any]:
    after = change.after
    return [after["id"], change.base_version, *(after[n] for n in _changeable(columns))]


def _changeable(columns: Iterable[str]) -> list[str]:
    return [name for name in columns if name not in _FIXED]


_FIXED = frozenset({"tenant_id", "id", "created_at"})


def _columns(rows: Sequence[Sequence[Any]]) -> list[Any]:
    return [list(column) for column in zip(*rows, strict=True)]


def _events(tx: Tx) -> list[Sequence[Any]]:
    events = []
    for change in tx.changes.values():
        events += [_event(tx, happening) for happening in change.happenings]
    return events


def _event(tx: Tx, happening: Happening) -> Sequence[Any]:
    kind, before, after = happening.type, happening.before, happening.after
    state = {name: after[name] for name in kind.fields}
    changed = (
        {n: (before[n], after[n]) for n in kind.fields if before[n] != after[n]} if before else {}
    )
    told: dict[str, Any] = {"state": state, "changed": changed}
    if happening.remains is not None:
        told[REMAINS] = happening.remains
    data = canonical(told)
    if len(data) > _LARGEST_EVENT:
        raise ValueError(f"{kind.type} of {len(data)} bytes")
    salt = os.urandom(16)
    return (
        tx.tenant_id,
        ids.new(),
        kind.aggregate,
        after["id"],
        after["version"],
        kind.type,
        happening.occurred_at,
        after["updated_at"],
        UNNAMED if happening.unnamed else tx.actor.name,
        happening.cause,
        happening.traceparent,
        data.decode(),
        salt,
        hashlib.sha256(salt + data).digest(),
    )


class _Numbers:
    """Hands out placeholders $n."""

    def __init__(self, start: int) -> None:
        self.next = start

    def take(self, count: int) -> list[str]:
        numbers = [f"${n}" for n in range(self.next, self.next + count)]
        self.next += count
        return numbers


@lru_cache(maxsize=512)
def _statement(
    shapes: tuple[tuple[str, type[Record], bool], ...],
    events: int,
    with_answer: bool,
    asides: tuple[tuple[str, int, bool], ...] = (),
) -> str:
    numbers = _Numbers(3)
    parts = []
    guards = []
    for n, (kind, cls, many) in enumerate(shapes):
        parts.append(f"p{n} as ({_BUILDERS[kind](cls, many, numbers)})")
        if kind != "insert":
            guards.append(f"(select count(*) from p{n})")
    if events:
        parts.append(f"e as ({_insert('event', _EVENT_TYPES, events > 1, numbers)})")
        parts.append(f"o as ({_outbox(events > 1, numbers)})")
    if with_answer:
        parts.append(f"i as ({_insert('idempotency', _ANSWER_TYPES, False, numbers)})")
    for n, (sql, count, is_guarded) in enumerate(asides):
        parts.append(f"a{n} as ({sql.format(*numbers.take(count))})")
        if is_guarded:
            guards.append(f"(select count(*) from a{n})")
    total = " + ".join(guards) or "0::bigint"
    head = f"with {', '.join(parts)} " if parts else ""
    return f"{head}select crm.must({total}, $2::bigint), $1::uuid"


def _insert(table: str, types: dict[str, str], many: bool, numbers: _Numbers) -> str:
    names = ", ".join(types)
    marks = numbers.take(len(types))
    if not many:
        return f"insert into {table} ({names}) values ({', '.join(marks)})"
    return (
        f"insert into {table} ({names}) select {', '.join(map(_cast, types, types.values()))}"
        f" from unnest({_arrays(marks, types.values())}) with ordinality w({names}, n) order by n"
    )


def _arrays(marks: Iterable[str], types: Iterable[str]) -> str:
    """JSON travels as text: an array of JSON arrays would be taken for one of two dimensions."""
    return ", ".join(
        f"{mark}::{'text' if kind == 'jsonb' else kind}[]"
        for mark, kind in zip(marks, types, strict=True)
    )


def _cast(name: str, kind: str) -> str:
    return f"{name}::jsonb" if kind == "jsonb" else name


def _outbox(many: bool, numbers: _Numbers) -> str:
    (mark,) = numbers.take(1)
    source = f"unnest({mark}::uuid[]) with ordinality w(id, n) order by n" if many else ""
    if many:
        return f"insert into outbox (tenant_id, event_id) select $1::uuid, id from {source}"
    return f"insert into outbox (tenant_id, event_id) values ($1::uuid, {mark})"


def _create(cls: type[Record], many: bool, numbers: _Numbers) -> str:
    known = plan(cls)
    types = {name: known.types[name] for name in known.columns}
    return _insert(known.table, types, many, numbers)


def _update(cls: type[Record], many: bool, numbers: _Numbers) -> str:
    known = plan(cls)
    names = _changeable(known.columns)
    marks = numbers.take(2 + len(names))
    if not many:
        assigned = ", ".join(f"{n} = {mark}" for n, mark in zip(names, marks[2:], strict=True))
        return (
            f"update {known.table} set {assigned} where tenant_id = $1::uuid"
            f" and id = {marks[0]} and version = {marks[1]} returning 1"
        )
    types = ["uuid", "int", *(known.types[n] for n in names)]
    assigned = ", ".join(f"{n} = {_cast(f'u.{n}', known.types[n])}" for n in names)
    return (  # locks first, for PostgreSQL may meet the rows in any order, as in that of a hash
        f"update {known.table} t set {assigned} from (select id from {known.table}"
        f" where tenant_id = $1::uuid and id = any({marks[0]}::uuid[])"
        f" order by id for no key update) l, unnest({_arrays(marks, types)})"
        f" u(id, base_version, {', '.join(names)}) where t.tenant_id = $1::uuid and t.id = l.id"
        " and l.id = u.id and t.version = u.base_version returning 1"
    )


def _expect(cls: type[Record], many: bool, numbers: _Numbers) -> str:
    table = plan(cls).table
    one, two = numbers.take(2)
    if not many:
        where = f"id = {one}::uuid and version = {two}::int"
    else:
        where = f"(id, version) in (select * from unnest({one}::uuid[], {two}::int[]))"
    return f"select 1 from {table} where tenant_id = $1::uuid and {where} order by id for share"


_BUILDERS = {"insert": _create, "update": _update, "expect": _expect}
