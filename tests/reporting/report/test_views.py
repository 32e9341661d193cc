"""What people read of a report, in two languages."""

from dataclasses import replace

import pytest

from crmkit.kernel.period import Grain
from services.reporting.pages.document import Document, Drawing, Table, Unit
from services.reporting.report.domain import CountChange
from services.reporting.report.views import document
from services.reporting.report.words import WORDS, Language, Speech, preferred
from tests.reporting.samples import report


def tables(made: Document) -> dict[str, Table]:
    return {f"{each.key}/{table.key}": table for each in made.sections for table in each.tables}


def test_a_document_says_what_it_is_about() -> None:
    made = document(report(), Language.ZH)
    assert (made.title, made.company) == ("销售周报 2026-W47", "苏州恒岭精密有限公司")
    assert made.facts == (
        ("期间", "2026-11-16 – 2026-11-22"),
        ("对比", "2026-W46"),
        ("时区", "Asia/Shanghai"),
        ("数据截至", "2026-11-22 16:30"),
    )


def test_a_month_is_called_a_month() -> None:
    monthly = report(label="2026-11", grain=Grain.MONTH)
    assert document(monthly, Language.EN).title == "Monthly sales report 2026-11"
    assert document(monthly, Language.ZH).title == "销售月报 2026-11"


def test_every_currency_has_a_section_of_its_own() -> None:
    made = document(report(), Language.EN)
    assert [(each.key, each.currency) for each in made.sections] == [
        ("all", ""),
        ("CNY", "CNY"),
        ("USD", "USD"),
    ]


def test_the_funnel_goes_from_lead_to_receipt_and_adds_up_numbers_of_all_currencies() -> None:
    told = report()
    funnel = tables(document(told, Language.EN))["all/funnel"]
    assert [row.key for row in funnel.rows] == [
        "created",
        "qualified",
        "converted",
        "opened",
        "won",
        "signed",
        "received",
    ]
    won = sum(each.won.count.value for each in told.currencies)
    before = sum(each.won.count.before for each in told.currencies)
    assert funnel.rows[4].values[:2] == (won, before)
    assert all(column.unit is not Unit.AMOUNT for column in funnel.columns)


def test_a_trend_has_twelve_periods_and_ends_with_this_one() -> None:
    trend = tables(document(report(), Language.EN))["CNY/trend"]
    assert len(trend.rows) == 12
    assert (trend.rows[0].key, trend.rows[-1].key) == ("2026-W36", "2026-W47")
    assert trend.drawing is Drawing.LINES


def test_losing_more_is_no_good_news() -> None:
    section = document(report(), Language.EN).sections[1]
    good = {card.label: card.rising_is_good for card in section.cards}
    assert good["Deals lost"] is False
    assert good["Deals won"] is True


def test_who_has_no_name_and_what_was_left_empty_is_called_so() -> None:
    made = tables(document(report(), Language.EN))
    assert "Not given" in [row.label for row in made["CNY/won_by_source"].rows]
    told = report()
    nobody = replace(told.currencies[0].won_by.owner[0], key="0123456789", label="")
    won_by = replace(told.currencies[0].won_by, owner=[nobody])
    told = replace(told, currencies=[replace(told.currencies[0], won_by=won_by)])
    (row,) = tables(document(told, Language.EN))["CNY/won_by_owner"].rows
    assert (row.key, row.label) == ("0123456789", "Unknown member 01234567")


def test_an_activity_of_a_new_kind_is_called_by_its_code() -> None:
    speech = Speech(Language.ZH)
    assert (speech.activity("visit"), speech.activity("séance")) == ("拜访", "séance")


def test_a_period_with_only_a_past_says_that_nothing_happened() -> None:
    empty = report(empty=True)
    before = replace(empty.leads, created=CountChange(0, 9, None))
    assert document(replace(empty, leads=before), Language.EN).notice
    now = replace(empty.leads, created=CountChange(1, 9, None))
    assert document(replace(empty, leads=now), Language.EN).notice == ""


def test_everything_is_said_in_both_languages() -> None:
    assert [name for name, said in WORDS.items() if not all(said)] == []
    assert [name for name, (_, english) in WORDS.items() if not english.isascii()] == []


def test_both_languages_tell_the_same_figures_under_the_same_keys() -> None:
    chinese, english = (document(report(), language) for language in Language)
    told = [
        [(s.key, t.key, r.key, c.key, v) for s, t, r, c, v in made.figures()]
        for made in (chinese, english)
    ]
    assert told[0] == told[1]


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "zh"),
        ("en", "en"),
        ("en-GB,en;q=0.9", "en"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("de,en;q=0.5,zh;q=0.7", "zh"),
        ("de-DE,de;q=0.9", "zh"),
        ("en;q=0.1, zh;q=nonsense", "en"),
        ("EN", "en"),
        (",;,=", "zh"),
    ],
)
def test_a_browsers_languages_are_taken_by_their_weights(accepted: str, language: str) -> None:
    assert preferred(accepted) == language
