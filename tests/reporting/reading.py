"""A report's forms read back, each by a reader of somebody else's making."""

import csv
from dataclasses import dataclass, field
from html.parser import HTMLParser
from io import BytesIO, StringIO
from typing import Any

from python_calamine import CalamineWorkbook

VOID = {"meta"}


@dataclass
class Found:
    """A table of a page: its caption and its rows, heads first."""

    name: str
    rows: list[list[str]] = field(default_factory=list)


class Page(HTMLParser):
    """The elements, tables and texts of a page; AssertionError where tags do not nest."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.tables: list[Found] = []
        self.texts: list[str] = []
        self._open: list[str] = []
        self.feed(page.decode())
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append((tag, given))
        if tag not in VOID:
            self._open.append(tag)
        if tag == "table":
            self.tables.append(Found(given["aria-labelledby"] or ""))
        elif tag == "tr":
            self.tables[-1].rows.append([])
        elif tag in {"td", "th"}:
            self.tables[-1].rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)
        if {"td", "th"} & set(self._open):
            self.tables[-1].rows[-1][-1] += data

    def having(self, tag: str) -> list[dict[str, str | None]]:
        """The attributes of every element of that name."""
        return [attributes for name, attributes in self.tags if name == tag]


def csv_rows(body: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(body.decode("utf-8-sig"), newline="")))


def sheets(body: bytes) -> dict[str, list[list[Any]]]:
    """Every sheet's cells, numbers as numbers and blanks as ''."""
    book = CalamineWorkbook.from_filelike(BytesIO(body))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}
