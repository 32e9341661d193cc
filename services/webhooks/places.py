"""How many tries of one endpoint may be under way beyond its usual eight."""

from uuid import UUID

from services.webhooks.delivery.domain import Answer

QUICK_MS = 500
MOST_EXTRA = 24
_ENDPOINTS = 4


class Places:
    """Of one dispatcher. A quick answer earns its endpoint a place more; a slow one or a failure
    takes all of them away. Only the four endpoints that answered last have any.
    """

    def __init__(self) -> None:
        self.extra: dict[UUID, int] = {}
        """By endpoint, whoever answered last at the end."""

    @property
    def total(self) -> int:
        return sum(self.extra.values())

    def note(self, endpoint_id: UUID, answer: Answer) -> None:
        """Count an answer."""
        earned = self.extra.pop(endpoint_id, 0)
        if not answer.accepted or answer.duration_ms > QUICK_MS:
            return
        if len(self.extra) == _ENDPOINTS:
            self.extra.pop(next(iter(self.extra)))
        self.extra[endpoint_id] = min(earned + 1, MOST_EXTRA)
