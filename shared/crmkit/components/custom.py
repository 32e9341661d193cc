"""自定义字段 custom fields: what a tenant adds to a kind of record, and the values records carry.

Definitions are an aggregate of the room's own (`lead_field`). Values are a JSON document `custom`
of the record; a trigger keeps `custom_value` beside it, whose plain columns row security lets an
index be used for.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from difflib import get_close_matches
from typing import Any, Generic, TypeVar
from uuid import UUID

import msgspec
from sqlalchemy import Index

from crmkit.components.custom_schemas import (
    SUFFIXES,
    CustomFieldCreate,
    CustomFieldUpdate,
    demand_choices,
)
from crmkit.components.kinds import FILTERS, MEASURED, Definition, FieldKind, read_value
from crmkit.db.asof import Past
from crmkit.db.kinds import KINDS, Kind
from crmkit.db.listing import Listing
from crmkit.db.parameters import refuse
from crmkit.db.reading import Reading
from crmkit.db.rows import plan, row
from crmkit.db.tables import Record, document, enum, instant, text
from crmkit.db.writing import Tx
from crmkit.events.envelope import Event
from crmkit.fields import Strict, given
from crmkit.kernel.errors import Conflict, Fault, Invalid
from crmkit.kernel.numbered import free_place
from crmkit.kernel.own import CUSTOM

MOST_FIELDS = 100
"""Definitions a table may have; each holds one of as many places, which are unique."""
_LARGEST = 16 * 1024
_LONGEST_NAME = 64
_FEW = 2000
_REMEMBER_SECONDS = 2.0

F = TypeVar("F", bound="CustomField")
R = TypeVar("R", bound=Record)


class CustomField(Record):
    """The columns of a table of definitions; `position` is the place held until it is deleted.

    No event tells it: it says nothing of the field, and no answer shows it.
    """

    unpublished = frozenset({"position"})

    key: str = text()
    kind: FieldKind = enum(FieldKind)
    label_zh: str = text()
    label_en: str = text()
    required: bool = False
    choices: list[dict[str, str]] = document(default=[])
    max_length: int = 200
    active: bool = True
    position: int | None = None
    deleted_at: datetime | None = instant(default=None)


def field_indexes(table: str) -> tuple[Index, ...]:
    """A key is never given twice, for values outlive their definition; nor is a place."""
    return (
        Index(f"{table}_key_key", "tenant_id", "key", unique=True),
        Index(f"{table}_position_key", "tenant_id", "position", unique=True),
    )


def field_listing(cls: type[CustomField]) -> Listing:
    """Every list of definitions."""
    return Listing(
        cls,
        filters=("key", "kind", "active", "updated_at"),
        sorts=("key", "updated_at"),
        default="key",
        search=("key", "label_zh", "label_en"),
    )


class FieldCommands(Generic[F]):
    """Every change of one table of definitions."""

    def __init__(
        self,
        cls: type[F],
        *,
        created: type[Event[Any]],
        updated: type[Event[Any]],
        deleted: type[Event[Any]],
    ) -> None:
        self.cls = cls
        self._created, self._updated, self._deleted = created, updated, deleted
        self.create = answering(cls, self._create)
        self.update = answering(cls, self._update)
        self.delete = answering(cls, self._delete)

    async def _create(self, tx: Tx, new: CustomFieldCreate) -> F:
        demand_choices(new.kind, new.choices)
        table, sql = plan(self.cls).table, _sql(self.cls)
        if await tx.fetch(sql["key"], tx.tenant_id, new.key):
            raise Conflict("this key is taken, or was once", code=f"{table}.exists")
        held = {each["position"] for each in await tx.fetch(sql["held"], tx.tenant_id)}
        place = free_place(held, MOST_FIELDS, f"{table}.too_many")
        return tx.create(self.cls, self._created, position=place, **_given(new))

    async def _update(self, tx: Tx, field_id: UUID, patch: CustomFieldUpdate) -> F:
        field = await tx.take(self.cls, field_id)
        if "choices" in patch.model_fields_set:
            demand_choices(field.kind, patch.choices)
        return tx.update(field, self._updated, **_given(patch))

    async def _delete(self, tx: Tx, field_id: UUID) -> F:
        """The values stay where they are; the key is not given again."""
        field = await tx.take(self.cls, field_id)
        return tx.update(field, self._deleted, deleted_at=tx.now, position=None)


class CustomFields:
    """The custom fields of one kind of record: what is known of them, and values by that."""

    def __init__(self, cls: type[CustomField]) -> None:
        self.cls = cls

    @property
    def table(self) -> str:
        return plan(self.cls).table

    async def definitions(self, reading: Reading, fresh: bool = False) -> dict[str, Definition]:
        """By key, as they were at most two seconds ago."""

        async def ask() -> dict[str, Definition]:
            found = await reading.fetch(_sql(self.cls)["all"], reading.tenant_id)
            return {each["key"]: _definition(row(self.cls, each)) for each in found}

        return await reading.recall(self.table, ask, _REMEMBER_SECONDS, fresh=fresh)

    async def written(
        self,
        tx: Tx,
        said: Mapping[str, Any],
        before: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """The document after a merge patch of it; Invalid with a fault for each wrong key.

        Of a new record (`before` None) the required fields are demanded. What was remembered of
        the definitions is never the reason of a refusal.
        """
        try:
            return _merged(await self.definitions(tx), said, before)
        except Invalid:
            return _merged(await self.definitions(tx, fresh=True), said, before)

    async def conditions(
        self, reading: Reading, asked: Sequence[tuple[str, Sequence[str]]]
    ) -> list[tuple[str, list[str]]]:
        """What filters `custom.<key>` mean in SQL; Invalid `parameter.unknown` or `.invalid`."""
        found = await self._filters(reading, asked)
        if reading.as_of is not None:
            return [(_as_sql_then(each), each.values) for each in found]
        return [(await _as_sql(reading, each), each.values) for each in found]

    def past(self, cls: type[Record]) -> Past:
        """What the trigger would have made of the records as they were."""
        return Past("custom_value", _VALUES.format(table=plan(cls).table))

    async def demand(self, reading: Reading, asked: Sequence[tuple[str, Sequence[str]]]) -> None:
        """Invalid `parameter.unknown` or `.invalid` where one of the filters cannot be."""
        await self._filters(reading, asked)

    async def names(self, reading: Reading) -> frozenset[str]:
        """What the fields are called in filters and columns."""
        return frozenset(CUSTOM + key for key in await self.definitions(reading, fresh=True))

    async def _filters(
        self, reading: Reading, asked: Sequence[tuple[str, Sequence[str]]]
    ) -> "list[_Filter]":
        if reading.as_of is not None:  # what is asked for are the fields there are
            reading = replace(reading, as_of=None)
        known = await self.definitions(reading)
        if any(_split(name, known)[0] not in known for name, _ in asked):
            known = await self.definitions(reading, fresh=True)
        return [_filter(name, texts, known) for name, texts in asked]


def answering(cls: type[R], command: Callable[..., Awaitable[R]]) -> Callable[..., Awaitable[R]]:
    """The command, saying whose row it answers: idempotent answers are kept by that."""

    async def run(tx: Tx, *args: Any) -> R:
        return await command(tx, *args)

    run.__annotations__ = {"return": cls}
    return run


def _given(said: Strict) -> dict[str, Any]:
    values = given(said)
    if "choices" in values:
        values["choices"] = [choice.model_dump() for choice in values["choices"]]
    return values


def _definition(field: CustomField) -> Definition:
    labels = {each[name]: each["code"] for each in field.choices for name in ("zh", "en", "code")}
    codes = tuple(each["code"] for each in field.choices)
    return Definition(
        field.key,
        field.kind,
        field.required,
        field.active,
        codes,
        labels,
        field.max_length,
        (field.label_zh, field.label_en),
    )


def _merged(
    known: Mapping[str, Definition], said: Mapping[str, Any], before: Mapping[str, Any] | None
) -> dict[str, Any]:
    faults: list[Fault] = []
    after = dict(before or {})
    for key, value in said.items():
        name = key[:_LONGEST_NAME]
        try:
            definition = _known(known, key)
            if value is not None:
                after[key] = read_value(definition, value)
            elif definition.required:
                raise _Wrong("field.missing", "is required")
            else:
                after.pop(key, None)
        except ValueError as error:
            code = error.code if isinstance(error, _Wrong) else "custom.invalid"
            faults.append(Fault(f"/custom/{name}", code, f"{name}: {error}"))
    if before is None:
        faults += [_missing(key) for key, each in known.items() if _lacks(each, after, said)]
    if faults:
        raise Invalid("custom fields break a rule", code=faults[0].code, faults=faults)
    if len(msgspec.json.encode(after)) > _LARGEST:
        raise Invalid.field("custom", "custom.too_large", f"at most {_LARGEST} bytes in all")
    return after


class _Wrong(ValueError):
    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def _known(known: Mapping[str, Definition], key: str) -> Definition:
    definition = known.get(key)
    if definition is None:
        near = get_close_matches(key[:_LONGEST_NAME], known, 1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise _Wrong("custom.unknown", f"no such custom field{hint}")
    if not definition.active:
        raise _Wrong("custom.inactive", "is not in use any more")
    return definition


def _lacks(field: Definition, after: Mapping[str, Any], said: Mapping[str, Any]) -> bool:
    return field.required and field.active and field.key not in after and field.key not in said


def _missing(key: str) -> Fault:
    return Fault(f"/custom/{key}", "field.missing", f"{key}: is required")


def _split(name: str, known: Mapping[str, Definition]) -> tuple[str, str]:
    """The key of a filter, and the suffix that says how to compare."""
    key = name.removeprefix(CUSTOM)
    suffix = next((s for s in SUFFIXES if key.endswith(s)), "") if key not in known else ""
    return key.removesuffix(suffix), suffix


@dataclass(frozen=True, slots=True)
class _Filter:
    """Which values match: SQL with one placeholder, for the key and then the values."""

    match: str
    values: list[str]
    missing: bool | None = None


def _filter(name: str, texts: Sequence[str], known: Mapping[str, Definition]) -> _Filter:
    key, suffix = _split(name, known)
    definition = known.get(key)
    if definition is None or not _compares(definition, suffix):
        near = get_close_matches(key, known, 1)
        hint = f"; did you mean {CUSTOM}{near[0]}?" if near else ""
        refuse(name, f"no such parameter{hint}", "parameter.unknown")
    if suffix == "_null":
        (missing,) = _parsed(name, KINDS[bool], texts)
        return _Filter("", [key], missing)
    kind = FILTERS[definition.kind]
    values = _parsed(name, kind, [",".join(texts)] if kind.ranged else texts)
    if not kind.ranged:
        return _Filter(" and v.value = any(({0}::text[])[2:])", [key, *values])
    column = "number" if definition.kind in MEASURED else "value"
    cast = "::bigint" if definition.kind in MEASURED else ""
    sign = SUFFIXES.get(suffix, "=")
    return _Filter(f" and v.{column} {sign} (({{0}}::text[])[2]){cast}", [key, *values])


async def _as_sql(reading: Reading, asked: _Filter) -> str:
    """A condition on `id`, by how many match.

    Few are gathered into an array, for a join planned while tables were empty would loop over
    both; of many the list is walked in its own order and each looked up (`offset 0` keeps it so).
    """
    if asked.missing is not None:
        return f"{'not ' if asked.missing else ''}exists (select {_FROM} and v.record = id)"
    counted = f"select count(*) from (select {_FROM}{asked.match} limit {_FEW + 1}) few"
    ((count,),) = await reading.fetch(counted.format("$2"), reading.tenant_id, asked.values)
    if count > _FEW:
        return f"exists (select {_FROM}{asked.match} and v.record = id offset 0)"
    return f"id = any(array(select v.record {_FROM}{asked.match}))"


def _as_sql_then(asked: _Filter) -> str:
    """The same as of an instant: what records held is made once, whatever it is asked for."""
    among = f"id = any(array(select v.record {_FROM}{asked.match}))"
    return f"not {among}" if asked.missing else among


def _compares(definition: Definition, suffix: str) -> bool:
    return suffix in {"", "_null"} or FILTERS[definition.kind].ranged


def _parsed(name: str, kind: Kind, texts: Sequence[str]) -> list[Any]:
    try:
        return [kind.parse(text) for text in texts]
    except (ValueError, OverflowError):
        refuse(name, f"must be {kind.says}")


_FROM = (
    "from (select tenant_id as t, id as record, key, value, number from custom_value) v"
    " where v.t = $1 and v.key = ({0}::text[])[1]"
)

_VALUES = """
  select t.tenant_id, t.id, flat.key,
    case when length(flat.said) <= 200 then flat.said end as value,
    case when flat.said ~ '^-?[0-9]{{{{1,12}}}}(\\.[0-9]{{{{1,6}}}})?$'
      then (flat.said::numeric * 1000000)::bigint end as number
  from {table} t cross join lateral (
    select f.key, coalesce(f.value ->> 'amount', f.value #>> '{{{{}}}}') as said
    from jsonb_each(t.custom) f where jsonb_typeof(f.value) <> 'array'
    union all
    select f.key, e.said
    from jsonb_each(t.custom) f, jsonb_array_elements_text(
      case when jsonb_typeof(f.value) = 'array' then f.value else '[]' end) e(said)
  ) flat"""
"""As `crm.index_custom` makes them, in the same form."""


def _sql(cls: type[CustomField]) -> Mapping[str, str]:
    table = plan(cls).table
    return {
        "all": f"{plan(cls).select} where tenant_id = $1 and deleted_at is null order by position",
        "key": f"select 1 from {table} where tenant_id = $1 and key = $2",
        "held": f"select position from {table} where tenant_id = $1 and deleted_at is null",
    }
