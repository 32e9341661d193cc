"""How a consumer goes on: how much it takes at a time, and what it does after a failure."""

import time

import structlog
from prometheus_client import Gauge

from crmkit import metrics
from crmkit.db.failures import is_lacking

MOST, FEWEST = 10_000, 10
"""Records of a turn."""

SHORTEST, LONGEST = 0.1, 5.0
"""Seconds between a failure and the next try."""

_QUICK_SECONDS = 15
_SOUND_SECONDS = 3.0
"""So long nothing fails before it is taken that nothing lacks any more: what is read again after a
failure, from before it, goes well."""

LACKS = Gauge(
    "crm_consumer_lacking",
    "1 while the installation lacks what the consumer needs: a privilege, table or column",
    ["service"],
    registry=metrics.REGISTRY,
)
log = structlog.get_logger()


class Pace:
    """After a failure half as many records at a time, for a turn that takes too long as a whole
    would come again as a whole; and twice as many after a full turn that was quick."""

    def __init__(self, service: str) -> None:
        self.service = service
        self.most = MOST
        self._pause = SHORTEST
        self._began = 0.0
        self._sound: float | None = None
        self._lacks = LACKS.labels(service)

    def begin(self) -> None:
        self._began = time.monotonic()

    def took(self, records: int) -> None:
        """So many, to their end."""
        now = time.monotonic()
        if records >= self.most and now - self._began < _QUICK_SECONDS:
            self.most = min(self.most * 2, MOST)
        self._sound = now if self._sound is None else self._sound
        if now - self._sound >= _SOUND_SECONDS:
            self._pause = SHORTEST
            self._lacks.set(0)
            metrics.hindrances.pop(self.service, None)

    def failed(self, error: BaseException) -> float:
        """Tell; how many seconds to wait.

        What the installation lacks keeps the process from being ready: an update of it that runs
        before its migration goes no further, and the process before it goes on.
        """
        self._sound = None
        self._pause = min(self._pause * 2, LONGEST)
        self.most = max(self.most // 2, FEWEST)
        if is_lacking(error):
            self._lacks.set(1)
            metrics.hindrances[self.service] = str(error)
            log.error("consumer.lacks", service=self.service, error=repr(error))
        else:
            log.warning("consumer.retry", service=self.service, error=repr(error))
        return self._pause
