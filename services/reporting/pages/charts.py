"""Charts as SVG: no script, no picture from elsewhere; colours come from the page's style.

Coordinates are in a box 440 wide, which a phone shows at three quarters and a screen as it is.
What is drawn stands in the table beside it as well; series differ in shape, not in colour alone.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from math import floor, log10
from unicodedata import east_asian_width

from services.reporting.pages.document import Drawing, Table, Value, Words, shown
from services.reporting.pages.markup import Markup, tag

WIDTH = 440
_STEP, _BAR = 44, 10
_LABEL, _FUNNEL_STEP, _FUNNEL_BAR = 108, 36, 26
_PLOT = (46.0, 34.0, 428.0, 190.0)
"""Left, top, right and bottom of where lines and columns stand."""
_HEIGHT = 216
_TICKS = 4
_NICE = (1, 2, 5, 10)
_LABEL_EMS = 21.0
"""Beside an amount of fifteen digits."""


def chart(table: Table, words: Words, name: str) -> Markup | None:
    """The table's drawing; None where it has none, or nothing to draw. `name` begins its ids."""
    draw = _DRAWINGS.get(table.drawing)
    if draw is None or not any(_drawn_values(table)):
        return None
    height, parts = draw(table, words)
    return tag(
        "svg",
        tag("title", table.title, id=f"{name}-n"),
        tag("desc", table.about, id=f"{name}-d"),
        *parts,
        viewBox=f"0 0 {WIDTH} {height}",
        role="img",
        aria_labelledby=f"{name}-n {name}-d",
        class_=f"chart {table.drawing}",
    )


def nice_step(highest: float, whole: bool = False) -> float:
    """The least of 1, 2, 5 times a power of ten that reaches `highest` in at most four steps."""
    rough = highest / _TICKS
    power = 10.0 ** floor(log10(rough))
    step = next(nice * power for nice in _NICE if nice * power >= rough * (1 - 1e-9))
    return max(step, 1.0) if whole else step


def short(value: float, words: Words) -> str:
    """A number for an axis: 1500000 is 150万 in Chinese and 1.5M in English."""
    for power, letter in words.thousands:
        if abs(value) >= 10**power:
            return f"{value / 10**power:g}{letter}"
    return f"{value:g}"


def fitting(text: str, width: float) -> str:
    """As much of the text as fits, by ems; what is Chinese takes one, other characters half."""
    room = width
    for place, letter in enumerate(text):
        room -= 1.0 if east_asian_width(letter) in "WF" else 0.55
        if room < 0:
            return f"{text[: max(place - 1, 1)]}…"
    return text


def _funnel(table: Table, _: Words) -> tuple[int, list[Markup]]:
    (place,) = table.drawn[:1]
    unit = table.columns[place].unit
    most = max(_number(row.values[place]) for row in table.rows)
    room = WIDTH - _LABEL - 62
    parts = []
    for line, row in enumerate(table.rows):
        top = line * _FUNNEL_STEP + 4
        width = max(_number(row.values[place]) / most * room, 2.0)
        left = _LABEL + (room - width) / 2
        middle = top + _FUNNEL_BAR / 2 + 4.5
        parts += [
            _text(0, middle, fitting(row.label, 8), "label"),
            tag(
                "rect",
                tag("title", f"{row.label}: {shown(row.values[place], unit)}"),
                x=left, y=top, width=width, height=_FUNNEL_BAR, rx=4, class_=f"step s{line}",
            ),
            _text(WIDTH, middle, shown(row.values[place], unit), "value end"),
        ]  # fmt: skip
    return len(table.rows) * _FUNNEL_STEP + 4, parts


def _bars(table: Table, _: Words) -> tuple[int, list[Markup]]:
    (place,) = table.drawn[:1]
    unit = table.columns[place].unit
    most = max(_number(row.values[place]) for row in table.rows)
    parts = []
    for line, row in enumerate(table.rows):
        top, value = line * _STEP, row.values[place]
        bar = {"x": 0, "y": top + 20, "height": _BAR, "rx": 3}
        parts += [
            _text(0, top + 14, fitting(row.label, _LABEL_EMS), "label"),
            _text(WIDTH, top + 14, shown(value, unit), "value end"),
            tag("rect", **bar, width=WIDTH, class_="track"),
            tag("rect", **bar, width=max(_number(value) / most * WIDTH, 0.0), class_="bar"),
        ]
    return len(table.rows) * _STEP, parts


class _Plot:
    """A field of values over periods: its scale, grid and labels."""

    def __init__(self, table: Table, words: Words) -> None:
        values = [_number(value) for value in _drawn_values(table)]
        low, high = min(0.0, *values), max(values)
        whole = all(isinstance(value, int) for value in _drawn_values(table) if value is not None)
        self._step = nice_step(max(high, -low), whole)
        self._low = floor(low / self._step) * self._step
        self._high = -floor(-max(high, 0.0) / self._step) * self._step
        self._table, self._words = table, words
        left, _, right, _ = _PLOT
        self.slot = (right - left) / len(table.rows)

    def x(self, line: int) -> float:
        return round(_PLOT[0] + (line + 0.5) * self.slot, 2)

    def y(self, value: float) -> float:
        _, top, _, bottom = _PLOT
        return round(bottom - (value - self._low) / (self._high - self._low) * (bottom - top), 2)

    def frame(self) -> list[Markup]:
        """Grid, axis and legend."""
        left, _, right, bottom = _PLOT
        parts = []
        for tick in range(round((self._high - self._low) / self._step) + 1):
            value = self._low + tick * self._step
            y = self.y(value)
            parts.append(tag("line", x1=left, x2=right, y1=y, y2=y, class_="grid"))
            parts.append(_text(left - 6, y + 4, short(value, self._words), "axis end"))
        for line, row in enumerate(self._table.rows):
            if (len(self._table.rows) - 1 - line) % 2 == 0:
                label = row.key.partition("-")[2]
                parts.append(_text(self.x(line), bottom + 18, label, "axis middle"))
        return parts + self._legend()

    def _legend(self) -> list[Markup]:
        parts, x = [], _PLOT[0]
        for number, place in enumerate(self._table.drawn):
            label = self._table.columns[place].label
            parts += [_marker(number, x + 5, 11.0, label), _text(x + 15, 15, label, "legend")]
            x += 34 + sum(12 if east_asian_width(each) in "WF" else 6.6 for each in label)
        return parts


def _lines(table: Table, words: Words) -> tuple[int, list[Markup]]:
    plot = _Plot(table, words)
    parts = plot.frame()
    for number, place in enumerate(table.drawn):
        column = table.columns[place]
        points = [
            (plot.x(line), plot.y(_number(row.values[place])), row)
            for line, row in enumerate(table.rows)
        ]
        path = "M" + "L".join(f"{x:g} {y:g}" for x, y, _ in points)
        parts.append(tag("path", d=path, class_=f"line c{number}"))
        for x, y, row in points:
            told = f"{row.label}, {column.label}: {shown(row.values[place], column.unit)}"
            parts.append(_marker(number, x, y, told))
    return _HEIGHT, parts


def _columns(table: Table, words: Words) -> tuple[int, list[Markup]]:
    plot = _Plot(table, words)
    parts = plot.frame()
    width = round(plot.slot * 0.76 / len(table.drawn), 2)
    zero = plot.y(0.0)
    for line, row in enumerate(table.rows):
        start = plot.x(line) - width * len(table.drawn) / 2
        for number, place in enumerate(table.drawn):
            column = table.columns[place]
            end = plot.y(_number(row.values[place]))
            told = f"{row.label}, {column.label}: {shown(row.values[place], column.unit)}"
            box = {"x": round(start + number * width, 2), "y": min(end, zero)}
            size = {"width": round(width - 1, 2), "height": round(abs(end - zero), 2)}
            parts.append(tag("rect", tag("title", told), **box, **size, class_=f"fill c{number}"))
    return _HEIGHT, parts


_DRAWINGS: Mapping[Drawing, Callable[[Table, Words], tuple[int, list[Markup]]]] = {
    Drawing.FUNNEL: _funnel,
    Drawing.BARS: _bars,
    Drawing.LINES: _lines,
    Drawing.COLUMNS: _columns,
}


def _marker(number: int, x: float, y: float, told: str) -> Markup:
    """A circle for the first series, a square for the next, a triangle for others."""
    title = tag("title", told)
    look = f"fill c{number}"
    if number == 0:
        return tag("circle", title, cx=x, cy=y, r=3.6, class_=look)
    if number == 1:
        return tag("rect", title, x=x - 3.4, y=y - 3.4, width=6.8, height=6.8, class_=look)
    return tag("path", title, d=f"M{x:g} {y - 4.4:g}l4.4 8h-8.8z", class_=look)


def _text(x: float, y: float, said: str, look: str) -> Markup:
    return tag("text", said, x=x, y=y, class_=look)


def _drawn_values(table: Table) -> list[Value]:
    return [row.values[place] for row in table.rows for place in table.drawn]


def _number(value: Decimal | int | None) -> float:
    return float(value or 0)
