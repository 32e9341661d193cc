from datetime import UTC, datetime
from typing import Any

import pytest

from crmkit.remote.converters import CONVERTERS, moment

FORMS = ["%d %b, %Y %H:%M:%S", "%d-%m-%Y %H:%M", "%Y-%m-%d"]


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("15 Apr, 2021 00:02:00", datetime(2021, 4, 15, 0, 2)),  # noqa: DTZ001 - no zone is said
        ("03-07-2021 01:09", datetime(2021, 7, 3, 1, 9)),  # noqa: DTZ001 - no zone is said
        ("2021-04-15", datetime(2021, 4, 15)),  # noqa: DTZ001 - no zone is said
    ],
)
def test_the_first_form_that_fits_says_the_instant(text: str, instant: datetime) -> None:
    assert moment(text, {"format": FORMS}) == instant


@pytest.mark.parametrize("text", ["", "2021-15-04", "31-04-2021 00:00", "15 April 2021"])
def test_what_has_none_of_the_forms_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="none of the forms"):
        moment(text, {"format": FORMS})


def test_a_number_that_rises_with_time_stands_for_an_instant() -> None:
    rule = {"since": datetime(2019, 1, 1, tzinfo=UTC), "first": 10, "every": 60}
    assert moment("12", rule) == datetime(2019, 1, 1, 0, 2, tzinfo=UTC)
    with pytest.raises(ValueError, match="invalid literal"):
        moment("twelve", rule)


@pytest.mark.parametrize(
    ("as_", "text", "value"),
    [
        ("text", "A b", "A b"),
        ("code", "Employee Referral", "employee-referral"),
        ("path", "North West/Ann", "north-west/ann"),
        ("integer", "12", 12),
        ("boolean", "Yes", True),
        ("amount", "$1,117.10K", "1117100.00"),
        ("date", "03-07-2021 01:09", "2021-07-03"),
    ],
)
def test_a_cell_becomes_what_the_rule_says(as_: str, text: str, value: Any) -> None:
    assert CONVERTERS[as_](text, {"format": FORMS}) == value
