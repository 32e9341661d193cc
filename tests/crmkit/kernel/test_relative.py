"""今天、本周、近 30 天 which days are meant."""

from datetime import date

import pytest

from crmkit.kernel.relative import is_relative, relative_period

NEW_YEAR = date(2027, 1, 1)
"""A Friday, of the last ISO week of 2026."""


@pytest.mark.parametrize(
    ("word", "first", "end", "label"),
    [
        ("today", (2027, 1, 1), (2027, 1, 2), "2027-01-01"),
        ("yesterday", (2026, 12, 31), (2027, 1, 1), "2026-12-31"),
        ("tomorrow", (2027, 1, 2), (2027, 1, 3), "2027-01-02"),
        ("this_week", (2026, 12, 28), (2027, 1, 4), "2026-W53"),
        ("last_week", (2026, 12, 21), (2026, 12, 28), "2026-W52"),
        ("next_week", (2027, 1, 4), (2027, 1, 11), "2027-W01"),
        ("this_month", (2027, 1, 1), (2027, 2, 1), "2027-01"),
        ("last_month", (2026, 12, 1), (2027, 1, 1), "2026-12"),
        ("last_quarter", (2026, 10, 1), (2027, 1, 1), "2026-Q4"),
        ("next_quarter", (2027, 4, 1), (2027, 7, 1), "2027-Q2"),
        ("last_1_days", (2027, 1, 1), (2027, 1, 2), ""),
        ("last_30_days", (2026, 12, 3), (2027, 1, 2), ""),
        ("next_7_days", (2027, 1, 1), (2027, 1, 8), ""),
    ],
)
def test_a_word_means_days_around_today(
    word: str, first: tuple[int, int, int], end: tuple[int, int, int], label: str
) -> None:
    assert is_relative(word)
    period = relative_period(word, NEW_YEAR)
    assert (period.start, period.end, period.label) == (date(*first), date(*end), label)


@pytest.mark.parametrize(
    "word", ["", "now", "week", "this_day", "last_0_days", "last_1000_days", "next_week ", "2026"]
)
def test_any_other_word_means_none(word: str) -> None:
    assert not is_relative(word)
    with pytest.raises(ValueError, match="no such period"):
        relative_period(word, NEW_YEAR)
