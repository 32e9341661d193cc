"""The scalars of every subgraph; what goes out stays a Python value until the view encodes it."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import strawberry
from graphql import GraphQLError
from strawberry.types.scalar import ScalarDefinition

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def _matched(pattern: re.Pattern[str], value: object, wanted: str) -> str:
    if isinstance(value, str) and pattern.fullmatch(value):
        return value
    raise GraphQLError(f"expected {wanted}")


def read_uuid(value: object) -> UUID:
    return UUID(_matched(_UUID, value, "a UUID"))


def read_instant(value: object) -> datetime:
    """An RFC 3339 instant with its offset, as UTC."""
    text = _matched(_INSTANT, value, "an RFC 3339 instant with an offset")
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise GraphQLError("no such instant") from None


def read_day(value: object) -> date:
    try:
        return date.fromisoformat(_matched(_DAY, value, "a date such as 2026-03-31"))
    except ValueError:
        raise GraphQLError("no such day") from None


def show_uuid(value: object) -> UUID | str:
    """The driver's own UUID class becomes text: the JSON encoder only knows the exact class."""
    if not isinstance(value, UUID):
        raise TypeError(f"not a UUID: {type(value).__name__}")
    return value if type(value) is UUID else str(value)


def show_instant(value: object) -> datetime:
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise TypeError(f"not an instant: {type(value).__name__}")
    return value if value.tzinfo is UTC else value.astimezone(UTC)


def show_day(value: object) -> date:
    if not isinstance(value, date) or isinstance(value, datetime):
        raise TypeError(f"not a day: {type(value).__name__}")
    return value


SCALARS: Mapping[object, ScalarDefinition] = {
    UUID: strawberry.scalar(
        name="UUID",
        description="A UUID in its canonical form.",
        serialize=show_uuid,
        parse_value=read_uuid,
    ),
    datetime: strawberry.scalar(
        name="DateTime",
        description="An instant, RFC 3339, UTC.",
        serialize=show_instant,
        parse_value=read_instant,
    ),
    date: strawberry.scalar(
        name="Date",
        description="A day, YYYY-MM-DD.",
        serialize=show_day,
        parse_value=read_day,
    ),
}


def encoded(value: Any) -> str:
    """What the JSON encoder does not know by itself: subclasses of UUID."""
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"not JSON: {type(value).__name__}")
