"""A document as CSV: one line for each figure, so that every program can pivot it."""

import csv
from io import StringIO

from crmkit.kernel.formulas import harmless
from services.reporting.pages.document import Document, plain

HEAD = ("section", "table", "row", "label", "figure", "figure_label", "unit", "currency", "value")
_BOM = "\ufeff"


def as_csv(document: Document) -> bytes:
    """RFC 4180 in UTF-8 with the mark by which Excel knows it; `currency` is that of amounts."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(HEAD)
    for section, table, row, column, value in document.figures():
        names = (section.key, table.key, row.key, row.label, column.key, column.label)
        currency = section.currency
        writer.writerow((*map(harmless, names), column.unit, currency, plain(value, column.unit)))
    return (_BOM + text.getvalue()).encode()
