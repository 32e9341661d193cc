"""自定义字段 kinds of custom fields: what a value may be, how it is kept and filtered by."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from pydantic import TypeAdapter, ValidationError

from crmkit.db.kinds import KINDS, Kind
from crmkit.fields import Day, Instant, MoneyIn, clean
from crmkit.kernel.labels import Labelled

LONGEST_VALUE = 4000
_LONGEST_URL = 2000
_MOST_CHOICES = 20
_MICRO = 6
"""Numbers are compared as millionths, in 64 bits: twelve digits before the point, six behind it."""
_KEPT_INSTANT = "%Y-%m-%dT%H:%M:%S.%fZ"
_NUMBER = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,6})?")
_MOST_MONEY = Decimal(10) ** 12
_DAY: TypeAdapter[Any] = TypeAdapter(Day)
_INSTANT: TypeAdapter[Any] = TypeAdapter(Instant)


class FieldKind(Labelled):
    """What the values of a custom field are."""

    TEXT = "text", "文本", "Text"
    NUMBER = "number", "数字", "Number"
    MONEY = "money", "金额", "Money"
    DAY = "day", "日期", "Day"
    INSTANT = "instant", "时间", "Instant"
    BOOL = "bool", "是/否", "Yes or no"
    CHOICE = "choice", "单选", "Choice"
    MULTI_CHOICE = "multi-choice", "多选", "Several choices"
    URL = "url", "网址", "Web address"


CHOOSERS = frozenset({FieldKind.CHOICE, FieldKind.MULTI_CHOICE})
MEASURED = frozenset({FieldKind.NUMBER, FieldKind.MONEY})
"""Compared as numbers."""


@dataclass(frozen=True, slots=True)
class Definition:
    """What a tenant has said of one custom field."""

    key: str
    kind: FieldKind
    required: bool
    active: bool
    choices: tuple[str, ...]
    labels: Mapping[str, str]
    """The code of each label of a choice, for files that people fill in."""
    max_length: int
    names: tuple[str, ...] = ()
    """What people call the field."""


def read_value(known: Definition, value: Any) -> Any:
    """The value as it is kept; ValueError says what it must be. JSON is taken strictly by type.

    Numbers are kept as decimal strings, as money is, so that nobody rounds them; instants with six
    decimals, so that they sort as text.
    """
    return _READERS[known.kind](known, value)


def _text(known: Definition, value: Any) -> str:
    text = clean(_string(value)).strip()
    if not 1 <= len(text) <= known.max_length:
        raise ValueError(f"must be text of 1 to {known.max_length} characters")
    return text


def _number(_: Definition, value: Any) -> str:
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str) or not _NUMBER.fullmatch(text):
        raise ValueError('must be a number such as "12.5", of at most 12 digits and 6 decimals')
    number = Decimal(text).normalize()
    return f"{number:f}" if number else "0"


def _money(_: Definition, value: Any) -> dict[str, str]:
    try:
        money = MoneyIn.model_validate(value)
    except ValidationError:
        money = None
    if money is None or money.amount >= _MOST_MONEY:
        raise ValueError('must be money such as {"amount": "12500.00", "currency": "CNY"}')
    return {"amount": f"{money.amount:.2f}", "currency": money.currency}


def _day(_: Definition, value: Any) -> str:
    says = "must be a day such as 2026-11-22, 1970 to 2199"
    if not isinstance(value, str) or len(value) != len("2026-11-22"):
        raise ValueError(says)
    return str(_adapted(_DAY, value, says).isoformat())


def _instant(_: Definition, value: Any) -> str:
    says = "must be an instant such as 2026-11-22T09:30:00Z, 1970 to 2199"
    return str(_adapted(_INSTANT, value, says).astimezone(UTC).strftime(_KEPT_INSTANT))


def _adapted(adapter: TypeAdapter[Any], value: Any, says: str) -> Any:
    if not isinstance(value, str):
        raise ValueError(says)
    try:
        return adapter.validate_python(value)
    except ValidationError as error:
        raise ValueError(says) from error


def _bool(_: Definition, value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("must be true or false")
    return value


def _choice(known: Definition, value: Any) -> str:
    if not isinstance(value, str) or value not in known.choices:
        raise ValueError(f"must be one of {', '.join(known.choices)}")
    return value


def _choices(known: Definition, value: Any) -> list[str]:
    if not isinstance(value, list) or not 1 <= len(value) <= _MOST_CHOICES:
        raise ValueError(f"must be a list of 1 to {_MOST_CHOICES} choices")
    return list(dict.fromkeys(_choice(known, each) for each in value))


def _url(_: Definition, value: Any) -> str:
    text = clean(_string(value)).strip()
    parts = urlsplit(text)
    plain = parts.scheme in {"http", "https"} and parts.hostname and not re.search(r"\s", text)
    if not plain or len(text) > _LONGEST_URL:
        raise ValueError("must be an address that begins with http:// or https://")
    return text


def _string(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("must be text")
    return value


_READERS: Mapping[FieldKind, Callable[[Definition, Any], Any]] = {
    FieldKind.TEXT: _text,
    FieldKind.NUMBER: _number,
    FieldKind.MONEY: _money,
    FieldKind.DAY: _day,
    FieldKind.INSTANT: _instant,
    FieldKind.BOOL: _bool,
    FieldKind.CHOICE: _choice,
    FieldKind.MULTI_CHOICE: _choices,
    FieldKind.URL: _url,
}


def _sixfold(text: str) -> str:
    return str(int(Decimal(text).scaleb(_MICRO)))


def _kept_day(text: str) -> str:
    return KINDS[date].convert(text).isoformat()  # type: ignore[no-any-return]  # a converter is of any kind


def _kept_instant(text: str) -> str:
    return str(KINDS[datetime].convert(text).strftime(_KEPT_INSTANT))


_MEASURE = replace(KINDS[Decimal], pattern=_NUMBER.pattern, convert=_sixfold)
FILTERS: Mapping[FieldKind, Kind] = dict.fromkeys(FieldKind, KINDS[str]) | {
    FieldKind.NUMBER: _MEASURE,
    FieldKind.MONEY: _MEASURE,
    FieldKind.DAY: replace(KINDS[date], convert=_kept_day),
    FieldKind.INSTANT: replace(KINDS[datetime], convert=_kept_instant),
    FieldKind.BOOL: replace(KINDS[bool], convert=str),
}
"""How a list's query writes the values of each kind; converted to what the index holds."""
