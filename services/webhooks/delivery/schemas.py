"""What comes in and goes out."""

from uuid import UUID

from pydantic import BaseModel

from crmkit.fields import Instant
from crmkit.web.answers import Read
from services.webhooks.delivery.domain import DeliveryState


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
