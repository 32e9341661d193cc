from datetime import date

import pytest

from crmkit.kernel.errors import Invalid
from services.forecast.target.domain import last_day, sales_period


@pytest.mark.parametrize(
    ("label", "first", "last"),
    [
        ("2026-11", date(2026, 11, 1), date(2026, 11, 30)),
        ("2028-02", date(2028, 2, 1), date(2028, 2, 29)),
        ("2026-12", date(2026, 12, 1), date(2026, 12, 31)),
        ("2026-Q4", date(2026, 10, 1), date(2026, 12, 31)),
    ],
)
def test_a_month_or_a_quarter_has_a_first_and_a_last_day(
    label: str, first: date, last: date
) -> None:
    period = sales_period(label)
    assert (period.start, last_day(period), period.label) == (first, last, label)


@pytest.mark.parametrize(
    "label", ["2026-11-01", "2026-W47", "2026", "2026-13", "2026-Q5", "2026-q4", "", "x", "26-11"]
)
def test_nothing_else_is_a_sales_period(label: str) -> None:
    with pytest.raises(Invalid) as refused:
        sales_period(label)
    assert refused.value.code == "period.invalid"
