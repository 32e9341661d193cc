"""A document as one page that needs nothing else: no script, no font, no picture, no request."""

from base64 import b64encode
from hashlib import sha256

from services.reporting.pages.charts import chart
from services.reporting.pages.document import (
    Card,
    Document,
    Drawing,
    Row,
    Section,
    Table,
    Unit,
    Words,
    shown,
)
from services.reporting.pages.markup import Markup, join, tag
from services.reporting.pages.style import STYLE

_HASH = b64encode(sha256(STYLE.encode()).digest()).decode()
_INSIDE = f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'none'"
POLICY = f"{_INSIDE}; frame-ancestors 'none'"
"""Content-Security-Policy: the style sheet by its hash, and nothing else whatsoever."""
_FOLDED = frozenset({Drawing.LINES, Drawing.COLUMNS})
"""Drawings of many periods, whose table is unfolded by who wants it."""


def as_html(document: Document) -> bytes:
    """The page, which also says its own policy, so that it holds for a file that was kept."""
    words = document.words
    head = tag(
        "head",
        Markup('<meta charset="utf-8">'),
        Markup(f'<meta http-equiv="Content-Security-Policy" content="{_INSIDE}">'),
        Markup('<meta name="viewport" content="width=device-width, initial-scale=1">'),
        Markup('<meta name="color-scheme" content="light dark">'),
        Markup('<meta name="referrer" content="no-referrer">'),
        tag("title", " · ".join(filter(None, (document.title, document.company)))),
        tag("style", Markup(STYLE)),
    )
    body = tag(
        "body", tag("div", _header(document), _main(document), _footer(words), class_="page")
    )
    page = tag("html", head, body, lang=words.language)
    return f"<!doctype html>\n{page}\n".encode()


def _header(document: Document) -> Markup:
    facts = [tag("div", tag("dt", label), tag("dd", text)) for label, text in document.facts]
    return tag(
        "header",
        tag("p", document.company, class_="company"),
        tag("h1", document.title),
        tag("dl", *facts, class_="facts"),
    )


def _main(document: Document) -> Markup:
    notice = tag("p", document.notice, class_="notice", role="status") if document.notice else ""
    return tag("main", notice, *(_section(each, document.words) for each in document.sections))


def _section(section: Section, words: Words) -> Markup:
    name = f"s-{section.key}"
    return tag(
        "section",
        tag("h2", section.title, id=name),
        tag("ul", *(_card(card, section, words) for card in section.cards), class_="cards"),
        tag("div", *(_figure(table, section, words) for table in section.tables), class_="tables"),
        aria_labelledby=name,
        class_="money" if section.currency else None,
    )


def _card(card: Card, section: Section, words: Words) -> Markup:
    figure = shown(card.value, card.unit)
    priced = card.unit is Unit.AMOUNT and card.value is not None
    unit = tag("small", f" {section.currency}") if priced else ""
    return tag(
        "li",
        tag("span", card.label, class_="name"),
        tag("strong", figure, unit, class_="much long" if unit else "much"),
        tag("span", _change(card, words), tag("span", _before(card, words)), class_="then"),
        class_="card",
    )


def _before(card: Card, words: Words) -> str:
    return card.note or f"{words.before} {shown(card.before, card.unit)}"


def _change(card: Card, words: Words) -> Markup:
    """An arrow and a word for those who do not see it; no change where nothing was before."""
    if card.change is None:
        return Markup()
    if not card.change:
        return tag("span", f"= {words.same}", class_="change")
    rising = card.change > 0
    look = "better" if rising is card.rising_is_good else "worse"
    return tag(
        "span",
        tag("span", "▲ " if rising else "▼ ", aria_hidden="true"),
        tag("span", f"{words.rising if rising else words.falling} ", class_="unseen"),
        shown(abs(card.change), Unit.PERCENT),
        class_=f"change {look}",
    )


def _figure(table: Table, section: Section, words: Words) -> Markup:
    name = f"{section.key}-{table.key}"
    drawing = chart(table, words, name)
    about = tag("p", table.about)
    look = ("wide" if table.wide else "") + ("" if drawing else " bare")
    written = _table(table, section, name) if table.rows else tag("p", words.nothing, class_="none")
    if table.drawing in _FOLDED:
        written = tag("details", tag("summary", words.table), written)
    return tag(
        "figure",
        tag("figcaption", tag("h3", table.title, id=name), about),
        drawing or "",
        written,
        class_=look.strip() or None,
    )


def _table(table: Table, section: Section, name: str) -> Markup:
    heads = [tag("th", table.head, scope="col")]
    for column in table.columns:
        unit = f" ({section.currency})" if column.unit is Unit.AMOUNT else ""
        heads.append(tag("th", f"{column.label}{unit}", scope="col"))
    return tag(
        "div",
        tag(
            "table",
            tag("thead", tag("tr", *heads)),
            tag("tbody", *(_row(table, row) for row in table.rows)),
            aria_labelledby=name,
        ),
        class_="scroll",
        tabindex=0,
        role="region",
        aria_labelledby=name,
    )


def _row(table: Table, row: Row) -> Markup:
    cells = [
        tag("td", shown(value, column.unit))
        for column, value in zip(table.columns, row.values, strict=True)
    ]
    return tag("tr", tag("th", row.label, scope="row"), *cells)


def _footer(words: Words) -> Markup:
    return tag("footer", join(words.footer))
