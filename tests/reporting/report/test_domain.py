"""The formulas of reports, by figures worked out by hand."""

from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import pairwise

import pytest

from crmkit.kernel.errors import Invalid
from crmkit.kernel.period import Grain
from services.reporting.report.domain import (
    OTHERS,
    Cell,
    Heading,
    Past,
    Report,
    average_deal,
    compose,
    conversion,
    growth,
    percent,
    period_and_before,
    top,
    trail_of,
    win_rate,
)

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def cell(
    measure: str,
    n: int,
    amount: str = "0.00",
    *,
    current: bool = True,
    dimension: str = "kind",
    value: str = "",
    currency: str = "CNY",
) -> Cell:
    return Cell(measure, current, dimension, value, currency, n, Decimal(amount))


def lead(measure: str, n: int, *, current: bool = True) -> Cell:
    return cell(measure, n, current=current, currency="")


def composed(*cells: Cell, names: dict[str, str] | None = None) -> Report:
    period, before = period_and_before("2026-W47", Grain.WEEK)
    heading = Heading(period, before, "Asia/Shanghai", "CNY", NOW)
    return compose(heading, cells, names or {})


@pytest.mark.parametrize(
    ("now", "before", "change"),
    [
        (150, 100, "50.00"),
        (50, 100, "-50.00"),
        (0, 3, "-100.00"),
        (1, 3, "-66.67"),
        (Decimal("0.03"), Decimal("0.01"), "200.00"),
        (Decimal("1E18"), Decimal("0.01"), "9999999999999999999900.00"),
    ],
)
def test_growth_is_the_change_over_what_was_before(
    now: Decimal, before: Decimal, change: str
) -> None:
    assert growth(now, before) == Decimal(change)


def test_a_percentage_is_rounded_half_up() -> None:
    assert percent(1, 8) == Decimal("12.50")
    assert percent(Decimal("0.00125"), 1) == Decimal("0.13")


def test_no_rate_is_made_of_nothing() -> None:
    assert growth(5, 0) is None
    assert conversion(0, 0) is None
    assert win_rate(0, 0) is None
    assert average_deal(Decimal(0), 0) is None


def test_conversion_win_rate_and_average_are_the_catalogues_formulas() -> None:
    assert conversion(3, 12) == Decimal("25.00")
    assert win_rate(3, 1) == Decimal("75.00")
    assert win_rate(Decimal("10.00"), Decimal("20.00")) == Decimal("33.33")
    assert average_deal(Decimal("100.00"), 3) == Decimal("33.33")


@pytest.mark.parametrize(
    ("label", "grain", "before"),
    [
        ("2026-W47", Grain.WEEK, "2026-W46"),
        ("2027-W01", Grain.WEEK, "2026-W53"),
        ("2026-11", Grain.MONTH, "2026-10"),
        ("2026-01", Grain.MONTH, "2025-12"),
    ],
)
def test_the_period_before_is_the_one_that_ends_where_this_begins(
    label: str, grain: Grain, before: str
) -> None:
    found, earlier = period_and_before(label, grain)
    assert (found.label, earlier.label) == (label, before)
    assert earlier.end == found.start


@pytest.mark.parametrize(
    ("label", "grain"),
    [
        ("2026-11", Grain.WEEK),
        ("2026-W47", Grain.MONTH),
        ("2026-11-22", Grain.WEEK),
        ("2026-W54", Grain.WEEK),
        ("2026-13", Grain.MONTH),
        ("0001-W01", Grain.WEEK),
        ("0001-01", Grain.MONTH),
        ("9999-12", Grain.MONTH),
        ("9999-W52", Grain.WEEK),
        ("week", Grain.WEEK),
        ("", Grain.MONTH),
    ],
)
def test_a_label_of_another_kind_of_period_is_refused(label: str, grain: Grain) -> None:
    with pytest.raises(Invalid) as caught:
        period_and_before(label, grain)
    assert caught.value.code == "period.invalid"


def test_a_report_says_which_days_it_is_about() -> None:
    report = composed()
    assert (report.period, report.before) == ("2026-W47", "2026-W46")
    assert (report.first_day, report.last_day) == (date(2026, 11, 16), date(2026, 11, 22))
    assert (report.zone, report.as_of) == ("Asia/Shanghai", NOW)


def test_an_empty_report_has_zeros_in_the_tenants_currency_and_no_rates() -> None:
    (section,) = composed().currencies
    assert section.currency == "CNY"
    assert (section.won.count.value, section.won.amount.value) == (0, Decimal("0.00"))
    assert (section.win_rate.by_count, section.win_rate.by_value) == (None, None)
    assert section.average_deal is None
    assert section.won_by.owner == []


def test_every_volume_stands_beside_the_one_before() -> None:
    (section,) = composed(
        cell("opportunities_won", 3, "300.00"),
        cell("opportunities_won", 2, "400.00", current=False),
    ).currencies
    assert (section.won.count.value, section.won.count.before) == (3, 2)
    assert section.won.count.change == Decimal("50.00")
    assert section.won.amount.value == Decimal("300.00")
    assert section.won.amount.before == Decimal("400.00")
    assert section.won.amount.change == Decimal("-25.00")


def test_each_measure_goes_where_it_belongs() -> None:
    (section,) = composed(
        cell("opportunities_created", 1),
        cell("opportunities_won", 2, "2.00"),
        cell("opportunities_lost", 3, "6.00"),
        cell("contracts_signed", 4, "10.00"),
        cell("receipts", 5),
    ).currencies
    volumes = (section.opened, section.won, section.lost, section.signed, section.received)
    assert [volume.count.value for volume in volumes] == [1, 2, 3, 4, 5]
    assert section.win_rate.by_count == Decimal("40.00")
    assert section.win_rate.by_value == Decimal("25.00")
    assert section.average_deal == Decimal("2.50")


def test_currencies_are_never_added_up_and_the_tenants_own_comes_first() -> None:
    report = composed(
        cell("receipts", 1, "5.00", currency="AUD"), cell("receipts", 1, "7.00", currency="USD")
    )
    assert [section.currency for section in report.currencies] == ["CNY", "AUD", "USD"]
    received = [section.received.amount.value for section in report.currencies]
    assert received == [0, 5, 7]


def test_the_funnel_converts_the_leads_that_came_in_and_no_others() -> None:
    leads = composed(
        lead("leads_created", 8),
        lead("leads_created", 4, current=False),
        lead("leads_qualified", 6),
        lead("leads_converted", 5),
        lead("lead_cohort_qualified", 3),
        lead("lead_cohort_converted", 2),
        lead("lead_cohort_converted", 4, current=False),
    ).leads
    assert (leads.created.value, leads.created.change) == (8, Decimal("100.00"))
    assert (leads.qualified.value, leads.converted.value) == (6, 5)
    assert (leads.cohort_qualified, leads.cohort_converted) == (3, 2)
    assert leads.conversion == Decimal("25.00")


def test_activities_are_listed_by_kind_even_where_one_was_only_done_before() -> None:
    def done(kind: str, n: int, current: bool) -> Cell:
        return cell("activities", n, value=kind, current=current, currency="")

    found = composed(done("visit", 1, False), done("call", 6, True), done("call", 4, False))
    assert [(each.kind, each.done.value, each.done.before) for each in found.activities] == [
        ("call", 6, 4),
        ("visit", 0, 1),
    ]


def test_what_was_won_is_broken_down_by_each_dimension() -> None:
    def won(dimension: str, value: str) -> Cell:
        return cell("opportunities_won", 1, "5.00", dimension=dimension, value=value)

    dimensions = ("owner", "team", "region", "source", "product")
    cells = [won(name, f"a {name}") for name in dimensions]
    (section,) = composed(*cells, names={"a owner": "Li Na"}).currencies
    assert section.won.count.value == 0
    for name in dimensions:
        (share,) = getattr(section.won_by, name)
        assert (share.key, share.count, share.share) == (f"a {name}", 1, Decimal("100.00"))
        assert share.label == ("Li Na" if name == "owner" else f"a {name}")


def test_the_ten_greatest_are_named_and_the_rest_added_up() -> None:
    shares = top(
        [cell("opportunities_won", 1, f"{n}.00", value=f"v{n}") for n in range(1, 14)], str
    )
    assert [share.key for share in shares] == [*(f"v{n}" for n in range(13, 3, -1)), None]
    others = shares[-1]
    assert (others.label, others.count, others.amount) == (OTHERS, 3, Decimal("6.00"))
    assert others.share == percent(6, 91)


def test_ten_are_all_named() -> None:
    shares = top([cell("opportunities_won", 1, "1.00", value=f"v{n}") for n in range(10)], str)
    assert [share.key for share in shares] == [f"v{n}" for n in range(10)]


def test_deals_of_no_value_have_no_share() -> None:
    (share,) = top([cell("opportunities_won", 2, value="v")], str)
    assert (share.count, share.share) == (2, None)


@pytest.mark.parametrize(
    ("label", "grain", "oldest"),
    [
        ("2027-W01", Grain.WEEK, "2026-W43"),
        ("2026-11", Grain.MONTH, "2025-12"),
        ("1971-01", Grain.MONTH, "1970-02"),
    ],
)
def test_a_trend_reaches_back_over_the_turn_of_the_year(
    label: str, grain: Grain, oldest: str
) -> None:
    period, before = period_and_before(label, grain)
    trail = trail_of(period, grain)
    assert len(trail) == 12
    assert (trail[0].label, trail[-2], trail[-1]) == (oldest, before, period)
    assert all(one.end == next_.start for one, next_ in pairwise(trail))


def test_a_trend_has_every_period_and_zero_where_nothing_was_told() -> None:
    period, before = period_and_before("2026-W47", Grain.WEEK)
    heading = Heading(period, before, "UTC", "CNY", NOW, "Acme", trail_of(period, Grain.WEEK))
    past = [
        Past("opportunities_won", period.start, "CNY", 2, Decimal("7.00")),
        Past("opportunities_won", before.start, "USD", 9, Decimal("9.00")),
        Past("leads_created", before.start, "", 5, Decimal(0)),
    ]
    report = compose(heading, [], {}, past)
    (section,) = report.currencies
    assert report.company == "Acme"
    assert [point.won.count for point in section.trend] == [0] * 11 + [2]
    assert section.trend[-1].won.amount == Decimal("7.00")
    assert section.trend[-1].signed.amount == Decimal("0.00")
    assert [point.created for point in report.leads.trend] == [0] * 10 + [5, 0]
