"""工作计划 what somebody means to do in a day, week or month, and when they have to say so."""

from datetime import UTC, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

from crmkit.kernel.errors import Invalid
from crmkit.kernel.period import Grain, Period, parse_period, start_of

_PLACES = Decimal("0.0001")
_GRAINS = {1: Grain.DAY, 7: Grain.WEEK}
_LONGEST_MONTH = 31
_BY = {Grain.DAY: time(10), Grain.WEEK: time(12)}
_DAY_OF_MONTH = 25


def plan_period(label: str) -> Period:
    """A day, an ISO week or a month; Invalid `period.invalid`."""
    period = parse_period(label)
    if (period.end - period.start).days > _LONGEST_MONTH:
        raise Invalid.field("period", "period.invalid", "a plan is of a day, week or month")
    return period


def due_of(period: Period, zone: ZoneInfo) -> datetime:
    """Until when a plan is on time, where the tenant lives.

    A day's at 10:00, a week's on its Monday at 12:00, a month's by the end of the 25th before it.
    """
    grain = _GRAINS.get((period.end - period.start).days, Grain.MONTH)
    if grain is not Grain.MONTH:
        return datetime.combine(period.start, _BY[grain], zone).astimezone(UTC)
    month_before = (period.start - timedelta(1)).replace(day=_DAY_OF_MONTH)
    return start_of(month_before + timedelta(1), zone)


def completion(done: int, planned: int) -> Decimal | None:
    """任务完成率 (K41) done ÷ assigned, of four places; None where nothing was assigned."""
    return (Decimal(done) / planned).quantize(_PLACES, ROUND_HALF_UP) if planned else None
