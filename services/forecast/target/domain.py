"""销售目标 for which periods targets are set."""

from datetime import date, timedelta

from crmkit.kernel.errors import Invalid
from crmkit.kernel.period import Grain, Period, parse_period, period_of

_GRAINS = (Grain.MONTH, Grain.QUARTER)


def sales_period(label: str) -> Period:
    """`2026-11` or `2026-Q4`; Invalid `period.invalid` for anything else."""
    period = parse_period(label)
    if period not in [period_of(period.start, grain) for grain in _GRAINS]:
        raise Invalid.field("period", "period.invalid", "this is no month or quarter")
    return period


def last_day(period: Period) -> date:
    """The day people mean by the end of a period."""
    return period.end - timedelta(1)
