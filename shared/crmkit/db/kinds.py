"""How a list's query writes the values of a column: read strictly, and described."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Column

from crmkit.db.tables import EnumText, Record
from crmkit.fields import clean

LONGEST_TEXT, MOST_VALUES = 200, 200
PERIOD, FLAG = "lies in this day, week, month or quarter", "is late, or is not"
"""Operators of parameters that depend on the tenant's zone and on what time it is."""


@dataclass(frozen=True, slots=True)
class Kind:
    """How a query writes the values of a column; `convert` raises ValueError."""

    says: str
    schema: Mapping[str, Any]
    pattern: str
    convert: Callable[[str], Any]
    ranged: bool = True
    searches: str = "contain this text, in any case"
    """Of texts that are looked for: what is said of the columns."""

    def parse(self, text: str) -> Any:
        if not re.fullmatch(self.pattern, text):
            raise ValueError(self.says)
        return self.convert(text)

    def restore(self, text: str | None) -> Any:
        """A value from a cursor, exactly as the row has it: neither bounded nor cleaned."""
        return text if text is None or self.convert is clean else self.convert(text)


def _pattern(text: str) -> str:
    """Free text for LIKE, in which nothing is special."""
    if not 1 <= len(text := clean(text).strip()) <= LONGEST_TEXT:
        raise ValueError("too short or too long")
    return "%" + re.sub(r"([%_\\])", r"\\\1", text) + "%"


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


_DAY = "(19[7-9][0-9]|2[01][0-9]{2})-[0-9]{2}-[0-9]{2}"
_INSTANT = _DAY + r"T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})"
_ID = "[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_STRING = {"type": "string", "maxLength": LONGEST_TEXT}
_FORMATS = {n: {"type": "string", "format": n} for n in ("uuid", "decimal", "date", "date-time")}
_DECIMAL = r"-?[0-9]{1,18}(\.[0-9]{1,6})?"
WHOLE = {"type": "integer"}
_INT = WHOLE | {"minimum": -1_999_999_999, "maximum": 1_999_999_999}
_BIGINT = WHOLE | {"minimum": -(10**18) + 1, "maximum": 10**18 - 1}
_ANY = "(?s).*"
SEARCH = Kind(f"1 to {LONGEST_TEXT} characters", _STRING | {"minLength": 1}, _ANY, _pattern)
KINDS = {
    str: Kind("plain text", _STRING, _ANY, clean, False),
    bool: Kind("true or false", {"type": "boolean"}, "true|false", "true".__eq__, False),
    UUID: Kind("a UUID", _FORMATS["uuid"], _ID, UUID, False),
    int: Kind("a whole number", _INT, "-?1?[0-9]{1,9}", int),
    Decimal: Kind(
        "like 12500.00", _FORMATS["decimal"] | {"pattern": f"^{_DECIMAL}$"}, _DECIMAL, Decimal
    ),
    date: Kind("like 2026-11-22, 1970 to 2199", _FORMATS["date"], _DAY, date.fromisoformat),
    datetime: Kind("like 2026-11-22T09:30:00Z", _FORMATS["date-time"], _INSTANT, _instant),
}


def kind_of(cls: type[Record], name: str) -> Kind:
    column: Column[Any] = cls.__table__.columns[name]  # type: ignore[attr-defined]  # SQLModel sets it
    if isinstance(column.type, EnumText) and column.type.members:
        members = column.type.members
        codes = [member.value for member in members]
        schema = {"type": "string", "enum": codes}
        return Kind(f"any of {', '.join(codes)}", schema, _ANY, lambda t: members(t).value, False)
    kind = KINDS[column.type.python_type]
    if isinstance(column.type, BigInteger):
        return replace(kind, pattern="-?[0-9]{1,18}", schema=_BIGINT)
    return kind
