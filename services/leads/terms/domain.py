"""响应与保护时限 how long things about leads may take, where a tenant has not said otherwise."""

from dataclasses import dataclass
from datetime import timedelta

RESPONSE_MINUTES = 120
"""首次响应 business minutes within which somebody answers a lead."""

PROTECTED_DAYS = 30
"""保护期 days for which a visitor belongs to who registered them, since they last came to them."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for a tenant; `response` is business time."""

    response: timedelta
    protected: timedelta


def terms_of(response_minutes: int, protected_days: int) -> Terms:
    return Terms(timedelta(minutes=response_minutes), timedelta(days=protected_days))
