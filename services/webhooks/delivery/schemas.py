"""What comes in and goes out."""

from uuid import UUID

from pydantic import BaseModel

from crmkit.fields import Instant
from crmkit.web.answers import Read
from services.webhooks.delivery.domain import DeliveryState
from services.webhooks.endpoint.domain import EndpointStatus


class DeliveryRead(Read):
    """`attempts` counts the tries since the last replay; `replay_id` is the replay of a stretch of
    time that last sent it."""

    id: UUID
    version: int
    endpoint_id: UUID
    event_id: UUID
    type: str
    aggregate_id: UUID
    state: DeliveryState
    attempts: int
    replays: int
    replay_id: UUID | None
    next_at: Instant
    last_status: int | None
    last_error: str
    delivered_at: Instant | None
    created_at: Instant
    updated_at: Instant


class AttemptRead(Read):
    """`answer`: the first 2 KiB of what came back."""

    id: UUID
    status: int | None
    error: str
    duration_ms: int
    answer: str
    created_at: Instant


class Attempts(BaseModel):
    """Oldest first."""

    items: list[AttemptRead]


class HealthRead(Read):
    """Of the last 1,000 tries of the last seven days. `success_rate` in per cent of them; the two
    times in milliseconds; null where nothing was tried. `breaker` is `open` while its host is left
    alone after ten tries in a row that it did not answer (then tried again every 1 to 15 minutes);
    `waiting`: deliveries on their way; `blocked`: given up, and holding back the later ones of
    their record."""

    endpoint_id: UUID
    status: EndpointStatus
    notice: str
    failing_since: Instant | None
    consecutive_failures: int
    succeeded_at: Instant | None
    tries: int
    success_rate: int | None
    p50_ms: int | None
    p99_ms: int | None
    breaker: str
    breaker_until: Instant | None
    waiting: int
    oldest_waiting_at: Instant | None
    blocked: int
    skipped: int
