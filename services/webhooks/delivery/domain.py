"""When a delivery is tried again, and when it is given up."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from crmkit.kernel.labels import Labelled

_SECOND, _MINUTE, _HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
SCHEDULE = (
    0 * _SECOND,
    5 * _SECOND,
    30 * _SECOND,
    2 * _MINUTE,
    10 * _MINUTE,
    30 * _MINUTE,
    *(n * _HOUR for n in (1, 2, 4, 8, 12, 24, 24, 24, 24)),
)
"""How long to wait before the first try, the second, and so on: 15 tries over five days."""

JITTER = 200
"""In thousandths of the wait, either way."""

TIMEOUT = "timeout"
_SLOW_DOWN = frozenset({429, 502, 504})
_OVERLOADED = _SLOW_DOWN | {503}
_BREATH = _MINUTE
_LONGEST = 24 * _HOUR


class DeliveryState(Labelled):
    """Where an event stands on its way to an endpoint."""

    PENDING = "pending", "待送达", "Pending"
    DELIVERED = "delivered", "已送达", "Delivered"
    EXHAUSTED = "exhausted", "已放弃", "Exhausted"
    PAUSED = "paused", "暂停", "Paused"
    SKIPPED = "skipped", "已跳过", "Skipped"


OVER = frozenset({DeliveryState.DELIVERED, DeliveryState.EXHAUSTED, DeliveryState.SKIPPED})
"""States in which no dispatcher can have a delivery in its hands."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one try; `status` is None where no answer came."""

    status: int | None
    error: str
    duration_ms: int = 0
    excerpt: str = ""
    retry_after: str | None = None
    final: bool = False
    """No try can succeed: the address is not one that may be told."""

    @property
    def accepted(self) -> bool:
        return self.status is not None and 200 <= self.status < 300  # noqa: PLR2004 - HTTP's 2xx

    @property
    def blames_host(self) -> bool:
        """The host did not answer, or asks for less: a reason to leave it alone. A host that
        answers at once, whatever it says, holds up nobody."""
        return self.status in _OVERLOADED if self.status is not None else not self.final

    @property
    def gone(self) -> bool:
        """The endpoint wants to hear no more."""
        return self.status == 410  # noqa: PLR2004 - HTTP's Gone


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is written of a try."""

    state: DeliveryState
    next_at: datetime
    gave_up: bool = False
    """The whole schedule went by in vain."""


def judge(answer: Answer, tries: int, now: datetime, jitter: int) -> Verdict:
    """What follows from an answer after so many tries; `jitter` lies within +-JITTER."""
    if answer.accepted:
        return Verdict(DeliveryState.DELIVERED, now)
    if answer.final or tries >= len(SCHEDULE):
        return Verdict(DeliveryState.EXHAUSTED, now, gave_up=not answer.final)
    wait = SCHEDULE[tries] * (1000 + jitter) / 1000
    if answer.error == TIMEOUT or answer.status in _SLOW_DOWN:
        wait = max(wait, _BREATH)
    asked = _asked(answer.retry_after, now)
    return Verdict(DeliveryState.PENDING, now + max(wait, asked))


def _asked(retry_after: str | None, now: datetime) -> timedelta:
    """How long a receiver asks to be left alone, 1 s to 24 h; zero where it does not."""
    wait = _parsed(retry_after.strip(), now) if retry_after else None
    return timedelta() if wait is None else min(max(wait, _SECOND), _LONGEST)


def _parsed(text: str, now: datetime) -> timedelta | None:
    if re.fullmatch(r"-?[0-9]{1,40}", text):
        return timedelta(seconds=min(int(text[:9]), 10**6))
    try:
        until = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    return (until if until.tzinfo else until.replace(tzinfo=UTC)) - now
