"""One document of figures, from which every form is drawn, so that none can tell another story."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

Value = Decimal | int | None


class Unit(StrEnum):
    COUNT = "count"
    AMOUNT = "amount"
    PERCENT = "percent"
    CHANGE = "change"
    """Percent with a sign: the growth over the period before."""


class Drawing(StrEnum):
    """How a table is drawn beside being written out."""

    NONE = "none"
    FUNNEL = "funnel"
    BARS = "bars"
    LINES = "lines"
    COLUMNS = "columns"


@dataclass(frozen=True, slots=True)
class Column:
    """A figure that each row has; `key` is what programs call it, `label` what people do."""

    key: str
    label: str
    unit: Unit
    drawn: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """What one thing comes to, a value for each column; None where there is no such figure."""

    key: str
    label: str
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Figures in rows; `about` says in a sentence what is counted, `head` what a row is."""

    key: str
    title: str
    about: str
    head: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    drawing: Drawing = Drawing.NONE
    wide: bool = False

    @property
    def drawn(self) -> tuple[int, ...]:
        """Which columns the drawing shows."""
        return tuple(n for n, column in enumerate(self.columns) if column.drawn)


@dataclass(frozen=True, slots=True)
class Card:
    """One figure to be seen first; `rising_is_good` is False where less is better."""

    label: str
    value: Value
    unit: Unit
    before: Value = None
    change: Decimal | None = None
    note: str = ""
    rising_is_good: bool = True


@dataclass(frozen=True, slots=True)
class Section:
    """Figures that belong together; `currency` is '' where they are no amounts."""

    key: str
    title: str
    currency: str
    cards: tuple[Card, ...]
    tables: tuple[Table, ...]


@dataclass(frozen=True, slots=True)
class Words:
    """What a form says by itself, in the document's language."""

    language: str
    before: str
    nothing: str
    rising: str
    falling: str
    same: str
    summary: str
    table: str
    footer: str
    thousands: tuple[tuple[int, str], ...]
    """Powers of ten with the letter that stands for them on an axis, greatest first."""


@dataclass(frozen=True, slots=True)
class Document:
    """`facts` are what it is about (period, zone, instant); `notice` tells of an empty one."""

    title: str
    company: str
    facts: tuple[tuple[str, str], ...]
    notice: str
    sections: tuple[Section, ...]
    words: Words

    def figures(self) -> Iterator[tuple[Section, Table, Row, Column, Value]]:
        """Every figure there is, in the order of the page."""
        for section in self.sections:
            for table in section.tables:
                for row in table.rows:
                    for column, value in zip(table.columns, row.values, strict=True):
                        yield section, table, row, column, value


def shown(value: Value, unit: Unit) -> str:
    """As people read it: thousands apart, amounts and percents with two decimals."""
    if value is None:
        return "–"
    match unit:
        case Unit.COUNT:
            return f"{value:,}"
        case Unit.AMOUNT:
            return f"{value:,.2f}"
        case Unit.PERCENT:
            return f"{value:,.2f}%"
        case Unit.CHANGE:
            return f"{value:+,.2f}%" if value else "0.00%"


def plain(value: Value, unit: Unit) -> str:
    """As programs read it: no thousands marks, a point for decimals, empty where there is none."""
    if value is None:
        return ""
    return str(value) if unit is Unit.COUNT else f"{value:.2f}"
