"""Trains a score model from leads, oldest first, and says how well it did on the newest."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from crmkit.kernel.levels import (
    LEAKS,
    MISSING,
    OTHER,
    ColumnKind,
    level_of,
    number_of,
    text_of,
    value_of,
)
from crmkit.remote.backtest import auc, brier, ece
from crmkit.remote.logistic import Row, fit, platt, sigmoid

DEFAULT_FIELDS = (
    *("source", "kind", "product", "region", "email", "phone", "contact_name"),
    *("campaign_id", "channel_partner_id", "referrer_id"),
)
"""What leads bring along. What somebody finds out by working on one knows how it ended, and a
tenant's own fields may be either, so they have to be named."""

ALONE = 0.80
"""AUC from which a single field is too good to be true."""

_LEARN, _FIT = 0.7, 0.8
_FEWEST = 200
_RARE, _MOST_LEVELS, _BANDS, _FEW_NUMBERS = 20, 40, 10, 12
_SHRINK = 20
_GIVEN = frozenset(
    {"email", "phone", "contact_name", "campaign_id", "channel_partner_id", "referrer_id"}
)


class Untrainable(Exception):
    """Why there is no model of these leads."""


@dataclass(frozen=True, slots=True)
class Example:
    """A lead whose end is known."""

    values: Mapping[str, Any]
    converted: bool


@dataclass(frozen=True, slots=True)
class Backtest:
    """How a model did on the leads that came last; `base_brier` is of saying the rate it learnt."""

    trained_on: int
    rows: int
    converted: int
    auc: float
    brier: float
    ece: float
    base_brier: float


@dataclass(frozen=True, slots=True)
class Trained:
    """A model as it is posted, how it did, and the fields that by themselves did too well."""

    intercept: float
    slope: float
    shift: float
    columns: list[dict[str, Any]]
    backtest: Backtest
    alarms: dict[str, float]

    @property
    def leaks(self) -> bool:
        return bool(self.alarms) or self.backtest.auc > float(LEAKS)

    def document(self, name: str) -> dict[str, Any]:
        """The body of `POST /v1/score-models`."""
        measured = {
            name: _told(value) if isinstance(value, float) else value
            for name, value in asdict(self.backtest).items()
        }
        return {
            "name": name,
            "intercept": _told(self.intercept),
            "slope": _told(self.slope),
            "shift": _told(self.shift),
            "columns": self.columns,
            "backtest": measured,
            "alarms": sorted(self.alarms),
        }


@dataclass(frozen=True, slots=True)
class Drawn:
    """A field with its levels."""

    field: str
    kind: ColumnKind
    edges: tuple[Decimal, ...]
    levels: tuple[str, ...]

    def among(self, values: Iterable[Any]) -> list[str]:
        """The level of each value; equal ones are looked at once."""
        known: dict[Any, str] = {}
        found = []
        for value in values:
            level = known.get(value)
            if level is None:
                level = level_of(self.kind, value, self.edges)
                level = known[value] = level if level in self.levels else OTHER
            found.append(level)
        return found


@dataclass(frozen=True, slots=True)
class Table:
    """Leads by field, oldest first, and which of them were converted."""

    values: Mapping[str, Sequence[Any]]
    outcomes: Sequence[bool]

    def __len__(self) -> int:
        return len(self.outcomes)

    def part(self, first: int, last: int | None = None) -> "Table":
        """The leads from one place to before another."""
        values = {field: column[first:last] for field, column in self.values.items()}
        return Table(values, self.outcomes[first:last])

    @property
    def rate(self) -> float:
        return sum(self.outcomes) / len(self)


def examples_of(
    leads: Sequence[Mapping[str, Any]], now: datetime, patience: timedelta
) -> list[Example]:
    """Leads that were converted or given up, and open ones that are older than `patience`, which
    count as lost; oldest first."""
    known = []
    for lead in leads:
        received_at = datetime.fromisoformat(lead["received_at"])
        closed = lead["status"] in {"converted", "disqualified"}
        if lead["status"] != "merged" and (closed or now - received_at > patience):
            known.append((received_at, lead["id"], Example(lead, lead["status"] == "converted")))
    return [example for _, _, example in sorted(known, key=lambda each: each[:2])]


def train(examples: Sequence[Example], fields: Sequence[str] = DEFAULT_FIELDS) -> Trained:
    """A model of all examples, after a backtest: learnt on the first 70 %, of which the last fifth
    only calibrates, and measured on the last 30 %. Its calibration is that of the backtest.

    Untrainable where there are less than 200, none of one outcome, or no field that differs.
    """
    if len(examples) < _FEWEST:
        raise Untrainable(f"{len(examples)} leads whose end is known; {_FEWEST} at least")
    table = _table(examples, fields)
    past = table.part(0, int(len(table) * _LEARN))
    future = table.part(len(past))
    try:
        backtest, scaling = _tested(past, future)
        drawn = _drawn(table)
        weights = _fitted(drawn, table)
    except ArithmeticError as error:
        raise Untrainable(str(error)) from error
    alarms = _alarms(past, future)
    return Trained(weights[-1], *scaling, _columns(drawn, weights, table), backtest, alarms)


def _table(examples: Sequence[Example], fields: Sequence[str]) -> Table:
    values = {}
    for field in fields:
        column = [value_of(each.values, field) for each in examples]
        values[field] = [text_of(v) if isinstance(v, list) else v for v in column]
    return Table(values, [each.converted for each in examples])


def _tested(past: Table, future: Table) -> tuple[Backtest, tuple[float, float]]:
    learnt = past.part(0, int(len(past) * _FIT))
    drawn = _drawn(learnt)
    weights = _fitted(drawn, learnt)
    rest = past.part(len(learnt))
    slope, shift = platt(_sums(drawn, weights, rest), rest.outcomes)
    chances = [sigmoid(slope * z + shift) for z in _sums(drawn, weights, future)]
    came = future.outcomes
    base = brier([past.rate] * len(came), came)
    measured = (auc(chances, came), brier(chances, came), ece(chances, came), base)
    return Backtest(len(past), len(future), sum(came), *measured), (slope, shift)


def _alarms(past: Table, future: Table) -> dict[str, float]:
    """Fields that by themselves tell the outcome too well: each level says how many of its leads
    were converted, shrunk by twenty to the rate of all."""
    found, rate = {}, past.rate
    for drawn in _drawn(past):
        count, won = Counter[str](), Counter[str]()
        for level, converted in zip(
            drawn.among(past.values[drawn.field]), past.outcomes, strict=True
        ):
            count[level] += 1
            won[level] += converted
        rates = {level: (won[level] + rate * _SHRINK) / (n + _SHRINK) for level, n in count.items()}
        levels = drawn.among(future.values[drawn.field])
        alone = auc([rates.get(level, rate) for level in levels], future.outcomes)
        if alone > ALONE:
            found[drawn.field] = alone
    return found


def _drawn(table: Table) -> list[Drawn]:
    """The fields by which leads differ; ArithmeticError where there is none."""
    drawn = [_draw(field, values) for field, values in table.values.items()]
    telling = [each for each in drawn if len(set(each.among(table.values[each.field]))) > 1]
    if not telling:
        raise ArithmeticError("the leads do not differ in these fields")
    return telling


def _draw(field: str, values: Sequence[Any]) -> Drawn:
    """Numbers in ten bands of equal count, texts by value where they are not rare."""
    if field in _GIVEN:
        return Drawn(field, ColumnKind.GIVEN, (), (MISSING, "yes"))
    numbers = sorted(n for n in map(number_of, values) if n is not None)
    there = sum(bool(text_of(value)) for value in values)
    if there and len(numbers) == there and len(set(numbers)) > _FEW_NUMBERS:
        edges = sorted({numbers[n * len(numbers) // _BANDS] for n in range(1, _BANDS)})
        bands = tuple(str(n) for n in range(len(edges) + 1))
        return Drawn(field, ColumnKind.BAND, tuple(edges), (MISSING, *bands, OTHER))
    counted = Counter(map(text_of, values))
    usual = [level for level, n in counted.most_common(_MOST_LEVELS) if n >= _RARE]
    return Drawn(field, ColumnKind.VALUE, (), (*sorted(usual), OTHER))


def _numbered(drawn: Sequence[Drawn], table: Table) -> list[Row]:
    """The numbers of the levels that each lead has."""
    columns, first = [], 0
    for column in drawn:
        places = {level: first + n for n, level in enumerate(column.levels)}
        columns.append([places[level] for level in column.among(table.values[column.field])])
        first += len(places)
    return [*zip(*columns, strict=True)]


def _fitted(drawn: Sequence[Drawn], table: Table) -> list[float]:
    rows = zip(_numbered(drawn, table), table.outcomes, strict=True)
    return fit(rows, sum(len(each.levels) for each in drawn))


def _sums(drawn: Sequence[Drawn], weights: Sequence[float], table: Table) -> list[float]:
    return [weights[-1] + sum(weights[at] for at in row) for row in _numbered(drawn, table)]


def _columns(
    drawn: Sequence[Drawn], weights: Sequence[float], table: Table
) -> list[dict[str, Any]]:
    met: dict[int, int] = defaultdict(int)
    for row in _numbered(drawn, table):
        for at in row:
            met[at] += 1
    told, first = [], 0
    for column in drawn:
        places = range(first, first + len(column.levels))
        mean = sum(weights[at] * met[at] for at in places) / len(table)
        told.append(
            {
                "field": column.field,
                "kind": column.kind.value,
                "edges": [f"{edge:f}" for edge in column.edges],
                "levels": [
                    {"level": level, "weight": _told(weights[at])}
                    for level, at in zip(column.levels, places, strict=True)
                ],
                "mean": _told(mean),
            }
        )
        first += len(column.levels)
    return told


def _told(number: float) -> str:
    return f"{number:.6f}"
