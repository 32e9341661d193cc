"""How a field's value becomes one of a few levels, so that a model has a weight for each.

Whoever trains a model and whoever applies it ask the same function, so they cannot differ.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from crmkit.kernel.labels import Labelled

MISSING, OTHER, THERE = "", "*", "yes"
"""The levels of a value that is not there, of one that training did not know, of any value."""

CUSTOM = "custom."
LONGEST_LEVEL = 200


class ColumnKind(Labelled):
    """What the levels of a column are."""

    VALUE = "value", "取值", "Each value"
    BAND = "band", "区间", "Bands of a number"
    GIVEN = "given", "是否填写", "Given or not"


KINDS = {kind.value: kind for kind in ColumnKind}


def value_of(record: Mapping[str, Any], field: str) -> Any:
    """A field of a record, `custom.<key>` of its own fields; of money the amount."""
    if field.startswith(CUSTOM):
        value = record["custom"].get(field.removeprefix(CUSTOM))
    else:
        value = record[field]
    return value["amount"] if isinstance(value, dict) else value


def number_of(value: Any) -> Decimal | None:
    """The value as a number; None where it is none."""
    if value is None or isinstance(value, bool):
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def text_of(value: Any) -> str:
    """The value as a level is written: of several choices all, sorted."""
    if value is None:
        return MISSING
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ",".join(sorted(map(str, value)))[:LONGEST_LEVEL]
    return str(value)[:LONGEST_LEVEL]


def level_of(kind: ColumnKind, value: Any, edges: Sequence[Decimal] = ()) -> str:
    """The level of a value. Band n holds numbers from the edge n - 1 on and below the edge n."""
    if kind is ColumnKind.VALUE:
        return text_of(value)
    if kind is ColumnKind.GIVEN:
        return THERE if text_of(value) else MISSING
    number = number_of(value)
    return MISSING if number is None else str(bisect_right(edges, number))
