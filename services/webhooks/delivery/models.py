"""Tables of the room. They are a queue: the dispatcher moves their rows without events of its own,
and only commands raise `version`."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Index
from sqlalchemy import text as sql
from sqlmodel import Field

from crmkit.db.tables import enum, instant, text
from services.webhooks.delivery.domain import DeliveryState
from services.webhooks.tables import Row


class Delivery(Row, table=True):
    """One event on its way to one endpoint; `body` never changes, `owner_id` is the endpoint's.

    `live`: not yet settled for the first time, so that an ordered endpoint's later events of the
    record wait for it. `replay_id`: the replay that last sent it.
    """

    kept = frozenset(
        {"version", "updated_at", "state", "attempts", "replays", "next_at", "last_status"}
        | {"last_error", "delivered_at", "live", "replay_id"}
    )

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        Index("webhook_delivery_key", "tenant_id", "endpoint_id", "event_id", unique=True),
        Index(
            "webhook_delivery_due_idx",
            "tenant_id",
            "endpoint_id",
            "next_at",
            "event_cursor",
            postgresql_where=sql("state = 'pending'"),
        ),
        Index(
            "webhook_delivery_leased_idx",
            "tenant_id",
            "endpoint_id",
            postgresql_where=sql("lease_until is not null"),
        ),
        Index(
            "webhook_delivery_paused_idx",
            "tenant_id",
            "endpoint_id",
            postgresql_where=sql("state = 'paused'"),
        ),
        Index(
            "webhook_delivery_order_idx",
            "tenant_id",
            "endpoint_id",
            "aggregate_id",
            "event_cursor",
            postgresql_where=sql("state in ('pending', 'paused', 'exhausted')"),
        ),
        Index(
            "webhook_delivery_replay_due_idx",
            "tenant_id",
            "endpoint_id",
            "next_at",
            "event_cursor",
            postgresql_where=sql("state = 'pending' and replay_id is not null"),
        ),
        Index(
            "webhook_delivery_replay_idx",
            "tenant_id",
            "replay_id",
            "state",
            postgresql_where=sql("replay_id is not null"),
        ),
        Index("webhook_delivery_aggregate_idx", "tenant_id", "aggregate_id"),
        Index("webhook_delivery_created_at_idx", "tenant_id", "created_at", "id"),
        Index("webhook_delivery_state_idx", "tenant_id", "state", "created_at", "id"),
        Index("webhook_delivery_endpoint_idx", "tenant_id", "endpoint_id", "created_at", "id"),
    )

    endpoint_id: UUID
    event_id: UUID
    event_cursor: int = Field(sa_type=BigInteger)
    type: str = text()
    aggregate_id: UUID
    body: str = text()
    state: DeliveryState = enum(DeliveryState)
    attempts: int
    replays: int
    next_at: datetime = instant()
    lease_until: datetime | None = instant(default=None)
    lease_token: UUID | None = None
    last_status: int | None = None
    last_error: str = text(default="")
    delivered_at: datetime | None = instant(default=None)
    live: bool = True
    replay_id: UUID | None = None
    owner_id: UUID
    team: str = text()


class Attempt(Row, table=True):
    """One try of one delivery, with the beginning of the answer."""

    __tablename__ = "webhook_attempt"
    __table_args__ = (
        Index("webhook_attempt_delivery_idx", "tenant_id", "delivery_id", "id"),
        Index("webhook_attempt_endpoint_idx", "tenant_id", "endpoint_id", "created_at"),
    )

    delivery_id: UUID
    endpoint_id: UUID
    status: int | None = None
    error: str = text()
    duration_ms: int
    answer: str = text()
