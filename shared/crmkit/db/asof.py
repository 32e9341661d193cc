"""As of an instant: what tables held then, put before a statement in place of the tables.

A name of a `with` clause hides the table of that name, so every statement can be asked about the
past without being written twice.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import msgspec

from crmkit.db.pool import encode
from crmkit.db.rows import plan
from crmkit.db.tables import Record
from crmkit.events.envelope import REGISTRY, Event
from crmkit.kernel.errors import Invalid

_KEPT = ("tenant_id", "id", "created_at")
_MOVED = {"version": "e.version", "updated_at": "e.recorded_at"}
_START = re.compile(r"\s*(explain \(format json\) )?(with (recursive )?)?", re.IGNORECASE)
_SLACK = "2 hours"
"""An event's id is made after its `recorded_at`: by this much at most, and hardly at all where no
clock is set meanwhile."""


@dataclass(frozen=True, slots=True)
class Past:
    """What a table that is no aggregate of ours held, as SQL over `{at}`, the instant.

    Inside, the table itself is `public.<table>`.
    """

    table: str
    sql: str


Source = type[Record] | Past
EVENTS = Past("event", "select * from public.event where recorded_at <= {at}")


@lru_cache(maxsize=1024)
def as_of(sql: str, sources: tuple[Source, ...], number: int) -> str:
    """The statement over what these tables held at the instant that placeholder `number` names.

    Invalid `as_of.unsupported` where a table keeps no past.
    """
    at = f"${number}::timestamptz"
    tables = ", ".join(f"{name} as ({body.format(at=at)})" for name, body in map(_past, sources))
    start = _START.match(sql)
    explain, begun, recursive = start.groups() if start else (None, None, None)
    rest = sql[start.end() if start else 0 :]
    return f"{explain or ''}with {recursive or ''}{tables}{',' if begun else ''} {rest}"


def unsupported(what: str) -> Invalid:
    """The refusal of what has no past to show."""
    return Invalid(f"{what} can only be read as it is now", code="as_of.unsupported")


def untold(cls: type[Record], event: type[Event[Any]] | None) -> set[str]:
    """The columns that neither the aggregate's events nor the kit know the past of."""
    if _is_kept(cls):
        return set()
    told = set(event.fields) if event else set()
    return set(plan(cls).columns) - told - {*_KEPT, *_MOVED} - cls.unpublished - cls.kept


def event_of(cls: type[Record]) -> type[Event[Any]] | None:
    """One of the events that tell of the table's aggregate, which all tell of the whole of it."""
    table = plan(cls).table
    return next((event for event in REGISTRY.values() if event.aggregate == table), None)


def _past(source: Source) -> tuple[str, str]:
    if isinstance(source, Past):
        return source.table, source.sql
    known = plan(source)
    event = event_of(source)
    if source.versions is not None:
        return known.table, _from_versions(source, source.versions)
    if _is_kept(source):
        return known.table, _from_past(source)
    if event is None or untold(source, event):
        raise unsupported(f"what {known.table} holds")
    return known.table, _from_events(source, event)


def _from_events(cls: type[Record], event: type[Event[Any]]) -> str:
    """Rows that have not changed since, and of those that have the newest state told by then."""
    known = plan(cls)
    shown = {name: f"s.{name}" for name in known.columns} | _MOVED
    shown |= {name: f"t.{name}" for name in _KEPT}
    shown |= {name: _as_kept(known.table, name) for name in cls.kept}
    columns = ", ".join(f"{shown[name]} as {name}" for name in known.columns)
    return f"""
  {_unchanged(cls)}
  union all
  select {columns} from public.{known.table} t{_held(cls)}
  cross join lateral (
    select version, recorded_at, data from public.event
    where tenant_id = t.tenant_id and aggregate_id = t.id and aggregate = '{event.aggregate}'
      and recorded_at <= {{at}} and id < crm.id_floor({{at}} + interval '{_SLACK}')
    order by version desc limit 1
  ) e
  cross join lateral jsonb_populate_record(t, {_added(cls, event)} || (e.data -> 'state')::jsonb) s
  where t.updated_at > {{at}} and t.created_at <= {{at}}"""


def _from_versions(cls: type[Record], versions: type[Record]) -> str:
    """The same of a copy, whose older versions stand in a table of their own."""
    table, columns = plan(cls).table, ", ".join(f"v.{name}" for name in plan(cls).columns)
    return f"""
  {_unchanged(cls)}
  union all
  select {columns} from public.{table} t
  cross join lateral (
    select * from public.{plan(versions).table} v
    where v.tenant_id = t.tenant_id and v.id = t.id and v.updated_at <= {{at}}
    order by v.version desc limit 1
  ) v
  where t.updated_at > {{at}}"""


def _from_past(cls: type[Record]) -> str:
    """Rows that moved last long before, and of the others what they held then, as far as it was
    kept. A row is written later than it says, by the time that a try takes."""
    table, columns = plan(cls).table, plan(cls).columns
    long_ago = f"{{at}} - interval '{_SLACK}'"
    shown = ", ".join(f"{'s' if name in cls.kept else 't'}.{name}" for name in columns)
    return f"""
  select {", ".join(columns)} from public.{table} where updated_at < {long_ago}
  union all
  select {shown} from public.{table} t{_held(cls)}
  cross join lateral jsonb_populate_record(t, coalesce(h.held, '{{{{}}}}')) s
  where t.updated_at >= {long_ago} and t.created_at <= {{at}} and s.updated_at <= {{at}}"""


def _held(cls: type[Record]) -> str:
    """Joins what the row's kept columns held then; null where they hold it still."""
    if not cls.kept:
        return ""
    return f"""
  left join lateral (
    select held from public.past
    where tenant_id = t.tenant_id and aggregate = '{plan(cls).table}' and id = t.id
      and until > {{at}}
    order by until limit 1
  ) h on true"""


def _as_kept(table: str, name: str) -> str:
    """What a kept column held then, null where that is not known any more: of something that has
    events it is an instant that something was done, which then cannot have been later."""
    then = f"(jsonb_populate_record(null::public.{table}, h.held)).{name}"
    shown = f"case when h.held is null then t.{name} else {then} end"
    return f"(select shown from (select {shown} as shown) k where shown <= {{at}})"


def _is_kept(cls: type[Record]) -> bool:
    return "updated_at" in cls.kept


def _unchanged(cls: type[Record]) -> str:
    """Rows that have not changed since; what is kept of them may have."""
    known = plan(cls)
    shown = {name: _as_kept(known.table, name) for name in cls.kept}
    columns = ", ".join(f"{shown.get(name, f't.{name}')} as {name}" for name in known.columns)
    return f"select {columns} from public.{known.table} t{_held(cls)} where t.updated_at <= {{at}}"


def _added(cls: type[Record], event: type[Event[Any]]) -> str:
    """What older events do not tell yet, as it was before it could be told.

    A column that is never null and has no such value keeps that of today: it is one that never
    changes once a record has it.
    """
    nullable = {c.name for c in cls.__table__.columns if c.nullable}  # type: ignore[attr-defined]  # SQLModel sets it
    given = {
        field.name: field.default if field.default_factory is msgspec.NODEFAULT else _made(field)
        for field in msgspec.structs.fields(event.state_type)
        if not field.required
    }
    known = {n: v for n, v in given.items() if v is not None or n in nullable}
    text = encode(known).replace("'", "''").replace("{", "{{").replace("}", "}}")
    return f"'{text}'::jsonb"


def _made(field: Any) -> Any:
    return field.default_factory()


def sources(given: Sequence[Source] | None) -> tuple[Source, ...]:
    """What a statement said that it reads; refused where it has not said so."""
    if not given:
        raise unsupported("this")
    return tuple(given)
