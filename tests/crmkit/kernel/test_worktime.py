"""Business time, told by hours and by its own two ways of counting."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from crmkit.kernel.worktime import WorkWeek

SHANGHAI = WorkWeek(ZoneInfo("Asia/Shanghai"))
BERLIN = WorkWeek(ZoneInfo("Europe/Berlin"))
HOUR = timedelta(hours=1)
INSTANTS = some.datetimes(
    min_value=datetime(2020, 1, 1),  # noqa: DTZ001 - the zone is drawn beside it
    max_value=datetime(2030, 1, 1),  # noqa: DTZ001 - the zone is drawn beside it
    timezones=some.just(ZoneInfo("America/New_York")),
)


def at(text: str) -> datetime:
    """An instant as the clock in Shanghai shows it."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.mark.parametrize(
    ("start", "hours", "end"),
    [
        ("2026-11-23T10:00", 2, "2026-11-23T12:00"),
        ("2026-11-23T17:30", 2, "2026-11-24T10:30"),
        ("2026-11-23T16:00", 2, "2026-11-23T18:00"),
        ("2026-11-23T06:00", 1, "2026-11-23T10:00"),
        ("2026-11-23T22:00", 1, "2026-11-24T10:00"),
        ("2026-11-27T17:00", 2, "2026-11-30T10:00"),
        ("2026-11-28T12:00", 1, "2026-11-30T10:00"),
        ("2026-11-23T09:00", 45, "2026-11-27T18:00"),
        ("2026-11-28T12:00", 0, "2026-11-30T09:00"),
    ],
)
def test_business_time_passes_while_people_are_at_work(start: str, hours: int, end: str) -> None:
    assert SHANGHAI.after(at(start), hours * HOUR) == at(end)
    assert SHANGHAI.minutes(at(start), at(end)) == hours * 60


def test_a_day_on_which_clocks_change_has_its_hours_all_the_same() -> None:
    friday = datetime(2026, 3, 27, 16, tzinfo=UTC)
    assert BERLIN.after(friday, 2 * HOUR) == datetime(2026, 3, 30, 8, tzinfo=UTC)
    everyday = WorkWeek(ZoneInfo("Europe/Berlin"), frozenset(range(7)), time(0), time(23))
    midnight = datetime(2026, 3, 28, 23, tzinfo=UTC)
    assert everyday.after(midnight, 21 * HOUR) == datetime(2026, 3, 29, 20, tzinfo=UTC)


def test_nothing_passes_backwards_nor_by_night() -> None:
    assert SHANGHAI.minutes(at("2026-11-24T10:00"), at("2026-11-23T10:00")) == 0
    assert SHANGHAI.minutes(at("2026-11-23T19:00"), at("2026-11-24T08:00")) == 0


@settings(max_examples=40)
@given(INSTANTS, some.integers(1, 5_000))
def test_what_is_counted_is_what_has_passed(start: datetime, minutes: int) -> None:
    start = start.replace(second=0, microsecond=0)
    end = BERLIN.after(start, timedelta(minutes=minutes))
    assert BERLIN.minutes(start, end) == minutes


@pytest.mark.parametrize(
    ("days", "opens", "closes"),
    [(frozenset(), time(9), time(18)), (frozenset({0}), time(9), time(9))],
)
def test_a_week_in_which_nobody_works_is_refused(
    days: frozenset[int], opens: time, closes: time
) -> None:
    with pytest.raises(ValueError, match="never passes"):
        WorkWeek(ZoneInfo("UTC"), days, opens, closes)
