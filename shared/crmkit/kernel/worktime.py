"""工作时间 business time: what passes while people are at work."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_DAY = timedelta(days=1)
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class WorkWeek:
    """Which hours of which days (Monday is 0) count, on the clock of a zone.

    Holidays are not known. ValueError where no time at all would count.
    """

    zone: ZoneInfo
    days: frozenset[int] = frozenset(range(5))
    opens: time = time(9)
    closes: time = time(18)

    def __post_init__(self) -> None:
        if not self.days or self.opens >= self.closes:
            raise ValueError("a week in which nobody works never passes")

    def after(self, start: datetime, wanted: timedelta) -> datetime:
        """The instant by which so much business time has passed since `start`."""
        left = wanted
        for opens, closes in self._shifts(start):
            if opens + left <= closes:
                return opens + left
            left -= closes - opens
        raise AssertionError("shifts never end")

    def minutes(self, start: datetime, end: datetime) -> int:
        """Whole minutes of business time between two instants; 0 where `end` comes first."""
        passed = timedelta()
        for opens, closes in self._shifts(start):
            if opens >= end:
                break
            passed += min(closes, end) - opens
        return passed // _MINUTE

    def _shifts(self, start: datetime) -> Iterator[tuple[datetime, datetime]]:
        """The stretches of business time from `start` on, without end."""
        start = start.astimezone(UTC)  # sums on the clock of a zone would skip its changes
        day = start.astimezone(self.zone).date()
        while True:
            opens, closes = max(start, self._at(day, self.opens)), self._at(day, self.closes)
            if day.weekday() in self.days and opens < closes:
                yield opens, closes
            day += _DAY

    def _at(self, day: date, clock: time) -> datetime:
        return datetime.combine(day, clock, self.zone).astimezone(UTC)
