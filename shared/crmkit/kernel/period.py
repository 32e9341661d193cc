"""Days, ISO weeks, months and quarters, cut in a tenant's time zone."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from crmkit.kernel.errors import Invalid

_FIRST_YEAR, _LAST_YEAR = 1970, 2198


class Grain(StrEnum):
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """A run of whole days [start, end), with the label people use for it."""

    start: date
    end: date
    label: str


def period_of(day: date, grain: Grain) -> Period:
    """The period of that grain in which the day lies."""
    match grain:
        case Grain.DAY:
            return Period(day, day + timedelta(1), day.isoformat())
        case Grain.WEEK:
            year, week, weekday = day.isocalendar()
            start = day - timedelta(weekday - 1)
            return Period(start, start + timedelta(7), f"{year}-W{week:02}")
        case Grain.MONTH:
            start = day.replace(day=1)
            return Period(start, _month_after(start), f"{day:%Y-%m}")
        case Grain.QUARTER:
            start = date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
            end = _month_after(_month_after(_month_after(start)))
            return Period(start, end, f"{day.year}-Q{(day.month + 2) // 3}")


def parse_period(label: str) -> Period:
    """`2026-11-22`, `2026-W47`, `2026-11` or `2026-Q4`; anything else is Invalid."""
    try:
        period = _parse(label)
    except (ValueError, OverflowError):
        period = None
    if period is not None and not _FIRST_YEAR <= period.start.year <= _LAST_YEAR:
        period = None
    if period is None or period.label != label:
        raise Invalid.field("period", "period.invalid", "this is no day, week, month or quarter")
    return period


def day_of(instant: datetime, zone: ZoneInfo) -> date:
    """The calendar day of an instant where the tenant lives."""
    return instant.astimezone(zone).date()


def start_of(day: date, zone: ZoneInfo) -> datetime:
    """The instant at which the day begins where the tenant lives, in UTC."""
    return datetime.combine(day, time.min, zone).astimezone(UTC)


def _parse(label: str) -> Period | None:
    if "W" in label:
        return period_of(datetime.strptime(f"{label}-1", "%G-W%V-%u").date(), Grain.WEEK)  # noqa: DTZ007 - a day has no zone
    if "Q" in label:
        year, quarter = label.split("-Q")
        return period_of(date(int(year), int(quarter) * 3, 1), Grain.QUARTER)
    if len(label) == len("2026-11"):
        return period_of(date.fromisoformat(f"{label}-01"), Grain.MONTH)
    return period_of(date.fromisoformat(label), Grain.DAY)


def _month_after(first: date) -> date:
    return (first + timedelta(32)).replace(day=1)
