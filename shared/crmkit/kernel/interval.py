"""What comes round every so often, by a clock that nobody sets (reliability rule 37)."""

from datetime import timedelta
from time import monotonic


class Interval:
    """Due at first, and again so long after each restart, whatever the time of day does."""

    def __init__(self, every: timedelta) -> None:
        self._seconds = every.total_seconds()
        self._due_at = monotonic()

    @property
    def due(self) -> bool:
        return monotonic() >= self._due_at

    def restart(self) -> None:
        """From now on it is not due for so long."""
        self._due_at = monotonic() + self._seconds
