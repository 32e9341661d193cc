"""今天、本周、近 30 天 periods that are said from where today is."""

import re
from datetime import date, timedelta

from crmkit.kernel.period import Grain, Period, period_of

_DAYS = {"yesterday": -1, "today": 0, "tomorrow": 1}
_WHOLE = re.compile(r"(this|last|next)_(week|month|quarter)")
_RUN = re.compile(r"(last|next)_([1-9][0-9]{0,2})_days")


def is_relative(word: str) -> bool:
    """Whether the word says such a period."""
    return word in _DAYS or bool(_WHOLE.fullmatch(word) or _RUN.fullmatch(word))


def relative_period(word: str, today: date) -> Period:
    """`today`, `last_week`, `this_month`, `next_quarter`, and `last_30_days`, which end with today,
    or `next_7_days`, which begin with it and have no label; ValueError of any other word."""
    if word in _DAYS:
        return period_of(today + timedelta(_DAYS[word]), Grain.DAY)
    if whole := _WHOLE.fullmatch(word):
        now = period_of(today, Grain(whole[2]))
        day = {"this": today, "last": now.start - timedelta(1), "next": now.end}[whole[1]]
        return period_of(day, Grain(whole[2]))
    if run := _RUN.fullmatch(word):
        days = timedelta(int(run[2]))
        tomorrow = today + timedelta(1)
        first, end = (tomorrow - days, tomorrow) if run[1] == "last" else (today, today + days)
        return Period(first, end, "")
    raise ValueError(f"{word}: no such period")
