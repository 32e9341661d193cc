"""Field types shared by tables and schemas: one place says how long, how precise, how clean."""

import re
import unicodedata
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any

from email_validator import EmailNotValidError, validate_email
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
)

from crmkit.kernel import money
from crmkit.kernel.period import Grain

_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST = datetime(2200, 1, 1, tzinfo=UTC)
_PAID = r"^[0-9]{1,16}(\.[0-9]{1,2})?$"
_AMOUNT = r"^-?[0-9]{1,16}(\.[0-9]{1,2})?$"
_LONGEST_ADDRESS = 254
_PLAIN_ADDRESS = re.compile(
    r"[A-Za-z0-9_+-]{1,32}(\.[A-Za-z0-9_+-]{1,16}){0,2}@([A-Za-z0-9]([A-Za-z0-9-]{0,40}[A-Za-z0-9])?\.){1,4}(com|org|net|cn|de|io|edu|gov|info|biz)"
)
_IS_DATED = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}([Tt ]|$)")
_IS_AMOUNT = re.compile(_AMOUNT)


def clean(text: str) -> str:
    """NFC, without control, format-override or surrogate characters."""
    if text.isascii() and text.isprintable():
        return text
    text = unicodedata.normalize("NFC", text)
    for character in text:
        if unicodedata.category(character) in {"Cc", "Cs"} and character not in "\n\t":
            raise ValueError("control characters are not allowed")
        if character in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069":
            raise ValueError("direction overrides are not allowed")
    return text


def _aware(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    if not _EARLIEST <= instant < _LATEST:
        raise ValueError("an instant lies between 1970 and 2199")
    return instant.astimezone(UTC)


def _only_text(value: Any) -> Any:
    if not isinstance(value, str | datetime | date):
        raise ValueError("must be a string")
    if isinstance(value, str) and not _IS_DATED.match(value):
        raise ValueError("a date is written YYYY-MM-DD, an instant as in RFC 3339")
    return value


def _only_amount(value: Any) -> Any:
    if isinstance(value, Decimal):
        return value
    if not isinstance(value, str) or not _IS_AMOUNT.fullmatch(value):
        raise ValueError("an amount is a string such as '12500.00'")
    return value


def _address(text: str) -> str:
    """In lower case; a plain shape is seen at once, the rest asks the library (70 us)."""
    if len(text) <= _LONGEST_ADDRESS and _PLAIN_ADDRESS.fullmatch(text):
        return text.lower()
    try:
        return validate_email(text, check_deliverability=False).normalized.lower()
    except EmailNotValidError as error:
        raise ValueError(str(error)) from error


def _in_range(day: date) -> date:
    if not _EARLIEST.date() <= day < _LATEST.date():
        raise ValueError("a date lies between 1970 and 2199")
    return day


def _known(currency: str) -> str:
    if currency not in money.CURRENCIES:
        raise ValueError("an ISO 4217 currency of at most two decimals, in capitals")
    return currency


_clean = AfterValidator(clean)
Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), _clean
]
Label = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200), _clean]
Note = Annotated[str, StringConstraints(strip_whitespace=True, max_length=4000), _clean]
Code = Annotated[
    str, StringConstraints(min_length=1, max_length=64, pattern=r"^[a-z0-9][a-z0-9_.-]*$")
]
TeamPath = Annotated[
    str, StringConstraints(max_length=200, pattern=r"^([a-z0-9-]+(/[a-z0-9-]+){0,9})?$")
]
Email = Annotated[
    str, AfterValidator(_address), WithJsonSchema({"type": "string", "format": "email"})
]
Phone = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=32, pattern=r"^\+?[0-9 ()\-.]{3,31}$")
]
Instant = Annotated[datetime, BeforeValidator(_only_text), AfterValidator(_aware)]
Day = Annotated[date, BeforeValidator(_only_text), AfterValidator(_in_range)]
Currency = Annotated[
    str,
    StringConstraints(min_length=3, max_length=3),
    AfterValidator(_known),
    Field(json_schema_extra={"pattern": "^[A-Z]{3}$", "examples": ["CNY"]}),
]
Flag = Annotated[bool, Field(strict=True)]
Percent = Annotated[int, Field(strict=True, ge=0, le=100)]
Count = Annotated[int, Field(strict=True, ge=0, le=1_000_000_000)]
Custom = Annotated[dict[str, Any], Field(max_length=100)]
"""A tenant's own fields by key; null takes one away."""
Amount = Annotated[
    Decimal,
    WithJsonSchema({"type": "string", "pattern": _AMOUNT, "examples": ["12500.00"]}),
    AfterValidator(money.quantise),
    Field(max_digits=18, decimal_places=2, allow_inf_nan=False),
    BeforeValidator(_only_amount),
]


_LABELS = {
    Grain.DAY: ("[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])", "2026-11-22"),
    Grain.WEEK: ("[0-9]{4}-W(0[1-9]|[1-4][0-9]|5[0-3])", "2026-W12"),
    Grain.MONTH: ("[0-9]{4}-(0[1-9]|1[0-2])", "2026-03"),
    Grain.QUARTER: ("[0-9]{4}-Q[1-4]", "2026-Q4"),
}


def label_schema(*grains: Grain) -> dict[str, Any]:
    """How the labels of such periods look; which years and weeks there are, no pattern says."""
    patterns, examples = zip(*(_LABELS[grain] for grain in grains), strict=True)
    return {"pattern": f"^({'|'.join(patterns)})$", "examples": list(examples)}


class Strict(BaseModel):
    """What comes in: unknown fields are refused, nothing is guessed."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_enum_values=False)


class Patch(Strict):
    """A merge patch: what is left out stays as it is."""


class MoneyIn(Strict):
    """An amount of at most 16 digits before the point, never negative."""

    amount: Annotated[
        Amount,
        WithJsonSchema({"type": "string", "pattern": _PAID, "examples": ["12500.00"]}),
        Field(ge=0),
    ]
    currency: Currency


class MoneyOut(BaseModel):
    """`amount` has two decimals and is a string, so that no client rounds it."""

    amount: Annotated[str, StringConstraints(pattern=r"^-?\d+\.\d{2}$")]
    currency: str


def given(schema: Strict, **instead: Any) -> dict[str, Any]:
    """The columns a schema gives values for: of a Patch what was sent, else every field.

    Money becomes two columns, the amount and `currency`; `instead` overrides.
    """
    names = schema.model_fields_set if isinstance(schema, Patch) else type(schema).model_fields
    values: dict[str, Any] = {}
    for name in names:
        value = getattr(schema, name)
        if isinstance(value, MoneyIn):
            values[name] = value.amount
            values["currency"] = value.currency
        else:
            values[name] = value
    return values | instead
