"""JSON, CSV, workbook and page of one report tell the same figures, and none does harm."""

from base64 import b64encode
from collections import Counter
from dataclasses import replace
from decimal import Decimal
from hashlib import sha256
from io import BytesIO
from itertools import pairwise
from typing import Any
from zipfile import ZipFile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmkit.kernel.formulas import harmless
from services.reporting.pages.as_csv import as_csv
from services.reporting.pages.as_html import POLICY, as_html
from services.reporting.pages.as_xlsx import as_xlsx
from services.reporting.pages.document import Document, Unit, plain, shown
from services.reporting.pages.markup import Markup, join, tag
from services.reporting.pages.style import STYLE
from services.reporting.report.views import document
from services.reporting.report.words import Language
from tests.reporting.reading import Page, csv_rows, sheets
from tests.reporting.samples import FORMULA, SCRIPT, report

BOTH = pytest.mark.parametrize("language", Language)


def made(language: Language = Language.ZH, **options: Any) -> Document:
    return document(report(**options), language)


def number(text: str) -> Decimal | None:
    """What a page shows, as a number."""
    return None if text == "–" else Decimal(text.replace(",", "").replace("%", ""))


def figures_of_page(page: Page) -> list[Decimal | None]:
    return [number(cell) for table in page.tables for row in table.rows[1:] for cell in row[1:]]


def figures_of_workbook(body: bytes) -> list[Decimal | None]:
    _, *tables = sheets(body).values()
    nothing = {"无记录", "Nothing here"}
    lines = [row for rows in tables for row in rows[1:] if row[0] not in nothing]
    return [None if cell == "" else Decimal(str(cell)) for row in lines for cell in row[1:]]


@BOTH
def test_page_csv_and_workbook_tell_the_same_figures(language: Language) -> None:
    full = made(language)
    known = [None if v is None else Decimal(v) for *_, v in full.figures()]
    assert len(known) > 400
    rounded = [None if v is None else Decimal(f"{v:.2f}") for v in known]
    assert figures_of_page(Page(as_html(full))) == rounded
    told = [row["value"] for row in csv_rows(as_csv(full))]
    assert [Decimal(each) if each else None for each in told] == rounded
    shown_there = figures_of_workbook(as_xlsx(full))
    assert len(shown_there) == len(known)
    for one, other in zip(shown_there, rounded, strict=True):
        assert (one is None) == (other is None)
        assert one is None or round(one, 2) == other


def test_what_is_behind_each_figure_is_the_reports() -> None:
    plain_report, rows = report(), csv_rows(as_csv(made()))
    told = {(r["section"], r["table"], r["row"], r["figure"]): r["value"] for r in rows}
    leads, cny, usd = plain_report.leads, *plain_report.currencies
    assert told["all", "funnel", "created", "count"] == str(leads.created.value)
    assert told["all", "cohort", "cohort_converted", "percent"] == str(leads.conversion)
    assert told["all", "funnel", "won", "count"] == str(cny.won.count.value + usd.won.count.value)
    assert told["CNY", "figures", "won", "amount"] == str(cny.won.amount.value)
    assert told["USD", "figures", "won", "amount"] == str(usd.won.amount.value)
    assert told["CNY", "figures", "lost", "amount_change"] == str(cny.lost.amount.change)
    assert told["CNY", "rates", "win_rate_by_value", "percent"] == str(cny.win_rate.by_value)
    assert told["USD", "rates", "average_deal", "amount"] == str(usd.average_deal)
    last = cny.trend[-1]
    assert (
        told["CNY", "collection", last.period, "received_amount"] == f"{last.received.amount:.2f}"
    )
    for share in cny.won_by.owner:
        key = share.key or "others"
        assert told["CNY", "won_by_owner", key, "share"] == str(share.share)


def test_a_csv_names_every_figure_once_and_says_its_unit_and_currency() -> None:
    rows = csv_rows(as_csv(made()))
    names = Counter((r["section"], r["table"], r["row"], r["figure"]) for r in rows)
    assert set(names.values()) == {1}
    assert {row["unit"] for row in rows} == {"count", "amount", "percent", "change"}
    assert {row["currency"] for row in rows} == {"", "CNY", "USD"}
    assert all(row["currency"] for row in rows if row["unit"] == "amount")


def test_a_csv_begins_with_the_mark_by_which_excel_knows_utf_8() -> None:
    body = as_csv(made())
    assert body.startswith(b"\xef\xbb\xbfsection,")
    assert body.count(b"\r\n") == body.count(b"\n")
    assert "王静".encode() in body


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", " =1", "\n=1"])
def test_no_text_of_a_csv_begins_a_formula(text: str) -> None:
    assert harmless(text) == f"'{text}"
    assert harmless(f"a{text}") == f"a{text}"


def test_a_formula_somebody_typed_in_is_a_text_in_every_form() -> None:
    full = made()
    labels = {row["label"] for row in csv_rows(as_csv(full))}
    assert f"'{FORMULA}" in labels
    assert FORMULA not in labels
    body = as_xlsx(full)
    assert [r[0] for rows in sheets(body).values() for r in rows if r[0] == FORMULA] == [FORMULA]
    with ZipFile(BytesIO(body)) as parts:
        for name in parts.namelist():
            if name.startswith("xl/worksheets/"):
                assert b"<f>" not in parts.read(name), name
                assert b"hyperlink" not in parts.read(name).lower(), name


def test_a_script_somebody_typed_in_is_a_text_on_the_page() -> None:
    body = as_html(made())
    page = Page(body)
    assert page.having("script") == []
    assert SCRIPT in page.texts
    assert SCRIPT.encode() not in body


def test_the_company_and_every_label_are_escaped() -> None:
    hostile = Document(SCRIPT, SCRIPT, ((SCRIPT, SCRIPT),), SCRIPT, (), made().words)
    page = Page(as_html(hostile))
    assert page.having("script") == []
    assert page.texts.count(SCRIPT) >= 5


@given(st.text(), st.text())
def test_no_text_becomes_markup(child: str, attribute: str) -> None:
    page = Page(tag("p", child, title=attribute).encode("utf-8", "replace"))
    assert [name for name, _ in page.tags] == ["p"]


def test_markup_stays_markup_and_text_does_not() -> None:
    assert join(Markup("<b>"), "<b>") == "<b>&lt;b&gt;"
    assert tag("p", hidden=True, title=None, aria_label='"', class_="x", x=1.0) == (
        '<p hidden aria-label="&quot;" class="x" x="1"></p>'
    )


def test_the_page_asks_for_nothing_from_anywhere() -> None:
    body = as_html(made())
    page = Page(body)
    names = {name for name, _ in page.tags}
    assert not names & {"script", "link", "img", "iframe", "object", "embed", "form", "a", "base"}
    given_names = {name for _, attributes in page.tags for name in attributes}
    assert not given_names & {"src", "href", "style", "action", "srcset", "background"}
    assert not [name for name in given_names if name.startswith("on")]
    assert "url(" not in STYLE
    assert "@import" not in STYLE


def test_the_policy_lets_in_the_pages_own_style_and_nothing_else() -> None:
    body = as_html(made()).decode()
    style = body.partition("<style>")[2].partition("</style>")[0]
    digest = b64encode(sha256(style.encode()).digest()).decode()
    assert POLICY.startswith(f"default-src 'none'; style-src 'sha256-{digest}';")
    assert "unsafe" not in POLICY
    (meta,) = [m for m in Page(body.encode()).having("meta") if "http-equiv" in m]
    assert f"{meta['content']}; frame-ancestors 'none'" == POLICY


@BOTH
def test_ids_are_unique_and_every_reference_finds_its_element(language: Language) -> None:
    page = Page(as_html(made(language)))
    ids = [given["id"] for _, given in page.tags if "id" in given]
    assert len(ids) == len(set(ids))
    wanted = {i for _, given in page.tags for i in (given.get("aria-labelledby") or "").split()}
    assert wanted
    assert wanted <= set(ids)


def test_headings_go_down_one_level_at_a_time() -> None:
    levels = [int(name[1]) for name, _ in Page(as_html(made())).tags if name in {"h1", "h2", "h3"}]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_every_table_has_heads_for_its_rows_and_columns() -> None:
    page = Page(as_html(made()))
    assert {each["scope"] for each in page.having("th")} == {"row", "col"}
    for table in page.tables:
        assert {len(row) for row in table.rows} == {len(table.rows[0])}


@BOTH
def test_a_page_says_its_language_and_everything_in_it(language: Language) -> None:
    page = Page(as_html(made(language)))
    (html,) = page.having("html")
    assert html["lang"] == {"zh": "zh-CN", "en": "en"}[language]
    assert ("销售漏斗" in page.texts) == (language is Language.ZH)
    assert ("Sales funnel" in page.texts) == (language is Language.EN)


def test_a_change_is_told_by_more_than_its_colour() -> None:
    texts = Page(as_html(made(Language.EN))).texts
    assert {"▲ ", "▼ ", "up ", "down "} <= set(texts)


def test_an_empty_period_says_so_in_every_form() -> None:
    empty = made(empty=True)
    assert empty.notice == "本期没有任何业务记录。"
    page = Page(as_html(empty))
    assert empty.notice in page.texts
    assert page.having("svg") == []
    cover = next(iter(sheets(as_xlsx(empty)).values()))
    assert empty.notice in [cell for row in cover for cell in row]
    assert set(figures_of_page(page)) == {Decimal(0), None}
    assert made().notice == ""


def test_the_sheets_of_a_workbook_are_named_apart_and_hold_the_charts() -> None:
    body = as_xlsx(made(Language.EN))
    names = list(sheets(body))
    assert names[0] == "Summary"
    assert "Won by owner CNY" in names
    assert "Won by owner USD" in names
    assert all(len(name) <= 31 for name in names)
    with ZipFile(BytesIO(body)) as parts:
        charts = [name for name in parts.namelist() if name.startswith("xl/charts/chart")]
        sheet = parts.read("xl/worksheets/sheet2.xml")
    assert len(charts) >= 6
    assert b'state="frozen"' in sheet


def test_an_amount_too_exact_for_a_spreadsheet_is_a_text_with_every_digit() -> None:
    full = made()
    first = full.sections[1].tables[0]
    exact = Decimal("1234567890123456.78")
    assert any(column.unit is Unit.AMOUNT for column in first.columns)
    body = as_xlsx(_with(full, exact))
    cells = [cell for rows in sheets(body).values() for row in rows for cell in row]
    assert "1234567890123456.78" in cells


def _with(full: Document, amount: Decimal) -> Document:
    section = full.sections[1]
    table = section.tables[0]
    row = table.rows[0]
    values = (*row.values[:3], amount, *row.values[4:])
    table = replace(table, rows=(replace(row, values=values), *table.rows[1:]))
    section = replace(section, tables=(table, *section.tables[1:]))
    return replace(full, sections=(full.sections[0], section))


@pytest.mark.parametrize(
    ("value", "unit", "people", "programs"),
    [
        (1234567, Unit.COUNT, "1,234,567", "1234567"),
        (Decimal("1234567.5"), Unit.AMOUNT, "1,234,567.50", "1234567.50"),
        (Decimal("12.50"), Unit.PERCENT, "12.50%", "12.50"),
        (Decimal("12.50"), Unit.CHANGE, "+12.50%", "12.50"),
        (Decimal("-3.1"), Unit.CHANGE, "-3.10%", "-3.10"),
        (Decimal("0.00"), Unit.CHANGE, "0.00%", "0.00"),
        (None, Unit.AMOUNT, "–", ""),
    ],
)
def test_people_and_programs_read_numbers_differently(
    value: Any, unit: Unit, people: str, programs: str
) -> None:
    assert shown(value, unit) == people
    assert plain(value, unit) == programs
