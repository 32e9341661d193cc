"""Filters by field: what an endpoint or a reader of the feed wants of an event's data."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from typing import Any

import msgspec

from crmkit.events.envelope import REGISTRY, canonical

Condition = Mapping[str, Any]
"""`{"changed": name}`, `{"field": name, "in": [..]}` or `{"field": name, "not_in": [..]}`."""


class BadCondition(ValueError):
    """The condition at `place`, counted from 0, can never hold; the message says why."""

    def __init__(self, place: int, member: str, message: str) -> None:
        super().__init__(message)
        self.place = place
        self.member = member


def normal(
    conditions: Sequence[Condition], types: Iterable[str], hidden: Collection[str]
) -> list[dict[str, Any]]:
    """The conditions with their values as events write them.

    BadCondition for a field that none of these types of events has or that is hidden from the
    caller (what may not be seen may not be guessed either), and for a value that is not of the
    field's type.
    """
    kinds = _kinds(types)
    return [_normal(place, each, kinds, hidden) for place, each in enumerate(conditions)]


def _normal(
    place: int, condition: Condition, kinds: Mapping[str, list[Any]], hidden: Collection[str]
) -> dict[str, Any]:
    member = "changed" if "changed" in condition else "field"
    name = condition[member]
    if name in hidden or name not in kinds:
        raise BadCondition(place, member, f"no event asked for has a field {name!r}")
    made: dict[str, Any] = {member: name}
    for operator in ("in", "not_in"):
        if operator in condition:
            values = [_value(place, operator, v, kinds[name]) for v in condition[operator]]
            made[operator] = values
    return made


def _value(place: int, operator: str, value: Any, kinds: Iterable[Any]) -> Any:
    for kind in kinds:
        try:
            known = msgspec.convert(value, kind, strict=not isinstance(value, str))
        except msgspec.ValidationError:
            continue
        written = msgspec.json.decode(canonical({"value": known}))["value"]
        if not isinstance(written, dict | list):
            return written
    raise BadCondition(place, operator, "this is no value of that field")


def _kinds(types: Iterable[str]) -> dict[str, list[Any]]:
    """The fields of these types of events, each with the types it has."""
    kinds: dict[str, list[Any]] = {}
    for state in {REGISTRY[name].state_type for name in types}:
        for name, kind in _fields(state):
            kinds.setdefault(name, []).append(kind)
    return kinds


@cache
def _fields(state: type[msgspec.Struct]) -> tuple[tuple[str, Any], ...]:
    """But for private ones. Remembered, for msgspec reads the annotations anew: 0.5 ms for all
    events there are."""
    fields = msgspec.structs.fields(state)
    hidden: frozenset[str] = getattr(state, "private", frozenset())
    return tuple((field.name, field.type) for field in fields if field.name not in hidden)
