"""A document as a workbook: a sheet for each section's tables, amounts as numbers."""

import re
from decimal import Decimal
from io import BytesIO
from typing import Any

from xlsxwriter import Workbook

from services.reporting.pages.document import (
    Document,
    Drawing,
    Section,
    Table,
    Unit,
    Value,
    plain,
)

_OPTIONS = {
    "in_memory": True,  # a report is small, and a container may have nowhere to write
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
_FORMATS = {
    Unit.COUNT: "#,##0",
    Unit.AMOUNT: "#,##0.00",
    Unit.PERCENT: '0.00"%"',
    Unit.CHANGE: '+0.00"%";-0.00"%";0.00"%"',
}
_EXACT = Decimal(10) ** 15
"""A spreadsheet keeps fifteen digits; a greater amount is written as text, so that none is lost."""
_CHARTS = {
    Drawing.FUNNEL: {"type": "bar"},
    Drawing.BARS: {"type": "bar"},
    Drawing.LINES: {"type": "line"},
    Drawing.COLUMNS: {"type": "column"},
}
_COLOURS = ("#0B5FA5", "#C2570C", "#0A7F5E", "#8A4FA3")
_FORBIDDEN = re.compile(r"[\[\]:*?/\\']")
_LONGEST_NAME = 31
_LABEL_WIDTH, _VALUE_WIDTH = 30, 18


def as_xlsx(document: Document) -> bytes:
    """Office Open XML; a value that starts with `=` stays a text."""
    target = BytesIO()
    with Workbook(target, _OPTIONS) as book:
        book.set_properties({"title": document.title, "company": document.company})
        sheets = _Sheets(book)
        _write_cover(sheets, document)
        for section in document.sections:
            for table in section.tables:
                sheets.write(section, table, document)
    return target.getvalue()


class _Sheets:
    """The workbook while it is written: its formats, and names of sheets already given."""

    def __init__(self, book: Any) -> None:
        self.book = book
        self.bold = book.add_format({"bold": True})
        self.title = book.add_format({"bold": True, "font_size": 16})
        self.grey = book.add_format({"font_color": "#555555"})
        self.head = book.add_format(
            {"bold": True, "bottom": 1, "bg_color": "#EEF2F6", "text_wrap": True, "valign": "top"}
        )
        self.numbers = {
            unit: book.add_format({"num_format": code, "align": "right"})
            for unit, code in _FORMATS.items()
        }

    def add(self, name: str) -> Any:
        """A sheet by that name, which Excel limits to 31 characters, each name once."""
        name = _FORBIDDEN.sub(" ", name)[:_LONGEST_NAME].strip() or "-"
        taken = {sheet.name.lower() for sheet in self.book.worksheets()}
        number = 2
        wanted = name
        while wanted.lower() in taken:
            wanted = f"{name[: _LONGEST_NAME - 4]} {number}"
            number += 1
        return self.book.add_worksheet(wanted)

    def write(self, section: Section, table: Table, document: Document) -> None:
        """The table from the first line of a sheet on, its head frozen, its chart to the right."""
        sheet = self.add(f"{table.title} {section.currency}".strip())
        sheet.freeze_panes(1, 1)
        sheet.set_column(0, 0, _LABEL_WIDTH)
        sheet.set_column(1, len(table.columns), _VALUE_WIDTH)
        sheet.write_string(0, 0, table.head, self.head)
        for place, column in enumerate(table.columns, 1):
            unit = f" ({section.currency})" if column.unit is Unit.AMOUNT else ""
            sheet.write_string(0, place, f"{column.label}{unit}", self.head)
        for line, row in enumerate(table.rows, 1):
            sheet.write_string(line, 0, row.label)
            for place, (column, value) in enumerate(zip(table.columns, row.values, strict=True), 1):
                _write(sheet, line, place, value, column.unit, self.numbers[column.unit])
        if not table.rows:
            sheet.write_string(1, 0, document.words.nothing, self.grey)
        elif table.drawing in _CHARTS:
            self._draw(sheet, table)

    def _draw(self, sheet: Any, table: Table) -> None:
        chart = self.book.add_chart(_CHARTS[table.drawing])
        last = len(table.rows)
        for number, column in enumerate(table.drawn):
            colour = _COLOURS[number % len(_COLOURS)]
            series: dict[str, Any] = {
                "name": [sheet.name, 0, column + 1],
                "categories": [sheet.name, 1, 0, last, 0],
                "values": [sheet.name, 1, column + 1, last, column + 1],
            }
            line = table.drawing is Drawing.LINES
            series["line" if line else "fill"] = {"color": colour}
            chart.add_series(series)
        chart.set_title({"name": table.title, "name_font": {"size": 12}})
        chart.set_legend({"none": True} if len(table.drawn) == 1 else {"position": "bottom"})
        if table.drawing in {Drawing.FUNNEL, Drawing.BARS}:
            chart.set_y_axis({"reverse": True})
        chart.set_size({"width": 640, "height": 340})
        sheet.insert_chart(0, len(table.columns) + 2, chart)


def _write_cover(sheets: _Sheets, document: Document) -> None:
    sheet = sheets.add(document.words.summary)
    sheet.set_column(0, 1, _LABEL_WIDTH)
    sheet.write_string(0, 0, document.title, sheets.title)
    lines = [("", document.company), *document.facts]
    if document.notice:
        lines.append(("", document.notice))
    for line, (label, text) in enumerate(lines, 1):
        sheet.write_string(line, 0, label, sheets.grey)
        sheet.write_string(line, 1, text)


def _write(sheet: Any, line: int, place: int, value: Value, unit: Unit, look: Any) -> None:
    if value is None:
        sheet.write_blank(line, place, None, look)
    elif unit is not Unit.COUNT and abs(Decimal(value)) * 100 >= _EXACT:
        sheet.write_string(line, place, plain(value, unit), look)
    else:
        sheet.write_number(line, place, value, look)
