"""How a field's value becomes one of a few levels, and a model that has a weight for each.

Whoever trains a model and whoever applies it ask the same function, so they cannot differ.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from crmkit.kernel.labels import Labelled
from crmkit.kernel.own import CUSTOM

MISSING, OTHER, THERE = "", "*", "yes"
"""The levels of a value that is not there, of one that training did not know, of any value."""

LONGEST_LEVEL = 200
LEAKS = Decimal("0.90")
"""AUC from which a model is too good to be true: it knew the end."""

_STEEPEST = Decimal(700)


class ColumnKind(Labelled):
    """What the levels of a column are."""

    VALUE = "value", "取值", "Each value"
    BAND = "band", "区间", "Bands of a number"
    GIVEN = "given", "是否填写", "Given or not"


KINDS = {kind.value: kind for kind in ColumnKind}


def value_of(record: Mapping[str, Any], field: str) -> Any:
    """A field of a record, `custom.<key>` of its own fields; of money the amount. What rules and
    models name and records have no more is missing."""
    if field.startswith(CUSTOM):
        value = record["custom"].get(field.removeprefix(CUSTOM))
    else:
        value = record.get(field)
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


@dataclass(frozen=True, slots=True)
class Column:
    """A field of a model: the weight, in log-odds, of each of its levels, and their mean over the
    leads it was trained on."""

    field: str
    kind: ColumnKind
    edges: tuple[Decimal, ...]
    weights: Mapping[str, Decimal]
    mean: Decimal

    def weight(self, value: Any) -> Decimal:
        """Of a level that training did not know: that of OTHER, else the mean."""
        level = level_of(self.kind, value, self.edges)
        return self.weights.get(level, self.weights.get(OTHER, self.mean))


@dataclass(frozen=True, slots=True)
class Model:
    """A logistic regression with Platt's scaling (Platt 1999): p = 1 / (1 + exp(-(slope z +
    shift))), z being the intercept and the weights of the lead's levels."""

    id: UUID
    intercept: Decimal
    slope: Decimal
    shift: Decimal
    columns: tuple[Column, ...]

    def probability(self, sum_of_weights: Decimal) -> Decimal:
        """0 to 1, for a sum without the intercept."""
        z = self.slope * (self.intercept + sum_of_weights) + self.shift
        return 1 / (1 + (-max(min(z, _STEEPEST), -_STEEPEST)).exp())
