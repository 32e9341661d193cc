"""How to read a selection of plain attributes off an object, decided once per selection.

A plan answers what graphql-core would, or raises: then the ordinary way is taken, which finds the
same trouble again and reports it. Reading attributes twice is harmless.
"""

from collections.abc import Callable, Generator, Iterable
from datetime import date, datetime
from functools import cache, lru_cache, partial
from operator import attrgetter, itemgetter
from typing import Any
from uuid import UUID

import asyncpg
from graphql import (
    GraphQLBoolean,
    GraphQLID,
    GraphQLInt,
    GraphQLLeafType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLString,
    is_leaf_type,
)
from graphql.execution.executor import Executor
from strawberry.schema.schema_converter import CustomGraphQLEnumType
from strawberry.types.field import StrawberryField

from crmkit.web.graphql.connections import Rows
from crmkit.web.graphql.scalars import show_instant

Convert = Callable[[Any], Any]
Completion = Callable[[type], Convert | None]
"""By the class of a value: how to convert it, None where it goes out as it is; raises Ordinary."""

Part = tuple[str, Completion]
"""An attribute, and what to do with its value."""
_MOST_LEARNT = 256

_AS_IT_IS: dict[str, type] = {
    GraphQLString.name: str,
    GraphQLID.name: str,
    GraphQLBoolean.name: bool,
    "UUID": UUID,
    "Date": date,
}


class Ordinary(Exception):
    """This object goes graphql-core's ordinary way."""


class Plan:
    """Keys and attributes of one selection; `rest` are the fields that only graphql-core can do."""

    __slots__ = ("_conversions", "_get", "_keys", "_parts", "_template", "names", "rest")

    def __init__(
        self,
        template: dict[str, Any],
        plain: list[tuple[str, Part]],
        rest: dict[str, Any],
    ) -> None:
        self._template = template
        self._keys = [key for key, _ in plain]
        self._parts = [(key, complete) for key, (_, complete) in plain]
        self.names = tuple(attribute for _, (attribute, _) in plain)
        self._get = _getter(attrgetter, self.names)
        self._conversions: dict[tuple[type, ...], list[tuple[str, Convert]]] = {}
        self.rest = rest

    @property
    def reads(self) -> bool:
        return bool(self._keys)

    def read(self, source: Any) -> dict[str, Any]:
        """All keys in the order asked for, those of `rest` still None."""
        return self._made(self._get(source))

    def read_records(self, records: Iterable[Any]) -> list[dict[str, Any]]:
        """The same of records, whose columns are called as the attributes are."""
        return [*map(self._made, map(_getter(itemgetter, self.names), records))]

    def _made(self, values: tuple[Any, ...]) -> dict[str, Any]:
        made = self._template.copy()
        made.update(zip(self._keys, values, strict=True))
        classes = tuple(map(type, values))
        conversions = self._conversions.get(classes)
        if conversions is None:
            conversions = self._learn(classes)
        for key, convert in conversions:
            made[key] = convert(made[key])
        return made

    def of_class(self, cls: type) -> Convert:
        if waits(cls):
            raise Ordinary
        return self.read

    def _learn(self, classes: tuple[type, ...]) -> list[tuple[str, Convert]]:
        found = [(part[0], part[1](cls)) for part, cls in zip(self._parts, classes, strict=True)]
        conversions = [(key, convert) for key, convert in found if convert is not None]
        if len(self._conversions) < _MOST_LEARNT:
            self._conversions[classes] = conversions
        return conversions


@lru_cache(1024)
def flat_plan(parent: GraphQLObjectType, names: tuple[tuple[str, str], ...]) -> Plan | None:
    """The plan of keys and fields that are all leaves; it serves every request."""
    parts = {key: leaf_part(parent, name) for key, name in names if name != "__typename"}
    plain = [(key, part) for key, part in parts.items() if part is not None]
    template = {key: parent.name if name == "__typename" else None for key, name in names}
    return Plan(template, plain, {}) if len(plain) == len(parts) else None


@cache
def leaf_part(parent: GraphQLObjectType, name: str) -> Part | None:
    """How to read a field that is a plain leaf."""
    definition = parent.fields.get(name)
    source = attribute(definition) if definition else None
    if definition is None or source is None:
        return None
    complete = completion(definition.type, lambda kind: leaf(kind) if is_leaf_type(kind) else None)
    return (source, complete) if complete else None


def attribute(definition: Any) -> str | None:
    """The attribute a field reads, if that is all: no resolver, no argument, no extension."""
    own = definition.extensions.get("strawberry-definition")
    plain = (
        getattr(definition.resolve, "_is_default", False)
        and not definition.args
        and isinstance(own, StrawberryField)
        and own.is_basic_field
        and own.default_resolver is getattr
    )
    return own.python_name if plain else None


def leaf(kind: GraphQLLeafType) -> Completion:
    exact = _AS_IT_IS.get(kind.name)
    enum = kind if isinstance(kind, CustomGraphQLEnumType) else None
    coerce: Convert = partial(Executor.complete_leaf_value, kind)

    def complete(cls: type) -> Convert | None:
        if cls is exact:
            return None
        if waits(cls):
            raise Ordinary
        if enum:
            wrapped = enum.wrapped_cls
            if cls is wrapped or (cls is str and issubclass(wrapped, str)):
                return _names(enum).__getitem__
            return coerce
        return _CONVERTED.get((kind.name, cls), coerce)

    return complete


def _small(value: int) -> int:
    """GraphQL's Int has 32 bits; what is greater goes the ordinary way, and is refused there."""
    if not -_LEAST <= value < _LEAST:
        raise Ordinary
    return value


_LEAST = 2**31
_CONVERTED: dict[tuple[str, type], Convert] = {
    (GraphQLInt.name, int): _small,
    ("DateTime", datetime): show_instant,
    ("UUID", asyncpg.pgproto.pgproto.UUID): str,
}


def completion(kind: Any, bare: Callable[[Any], Completion | None]) -> Completion | None:
    """That of a type which may or may not be null, from that of the type without null."""
    required = isinstance(kind, GraphQLNonNull)
    inner = bare(kind.of_type if required else kind)
    if inner is None:
        return None

    def complete(cls: type) -> Convert | None:
        if cls is not type(None):
            return inner(cls)
        if required:
            raise Ordinary
        return None

    return complete


Whole = Callable[["Rows[Any]"], list[Any] | None]
"""Rows at once, None where each of their objects has to be looked at."""


def items(inner: Completion, whole: Whole) -> Completion:
    def convert(values: list[Any]) -> list[Any]:
        converts = {cls: inner(cls) for cls in set(map(type, values))}
        found = ((converts[type(value)], value) for value in values)
        return [value if each is None else each(value) for each, value in found]

    def convert_rows(rows: Rows[Any]) -> list[Any]:
        made = whole(rows)
        return convert(list(rows.objects)) if made is None else made

    def complete(cls: type) -> Convert:
        if cls is Rows:
            return convert_rows
        if cls is not list and cls is not tuple:
            raise Ordinary
        return convert

    return complete


@cache
def waits(cls: type) -> bool:
    """Whether values of the class may be awaited or raised instead of shown."""
    return hasattr(cls, "__await__") or issubclass(cls, Generator | BaseException)


@cache
def _names(kind: CustomGraphQLEnumType) -> dict[Any, str]:
    members: Iterable[Any] = kind.wrapped_cls
    return {member: kind.coerce_output_value(member) for member in members}


def _getter(kind: Any, names: tuple[str, ...]) -> Callable[[Any], tuple[Any, ...]]:
    if len(names) > 1:
        several: Callable[[Any], tuple[Any, ...]] = kind(*names)
        return several
    if not names:
        return lambda _: ()
    one = kind(*names)
    return lambda source: (one(source),)
