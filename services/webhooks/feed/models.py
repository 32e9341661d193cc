"""Tables of the room."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Column, Identity, Index
from sqlmodel import Field

from crmkit.db.tables import instant, text
from services.webhooks.tables import Row


class FeedEvent(Row, table=True):
    """An event of another service, as it is told; `id` and `version` are the event's own."""

    __tablename__ = "feed_event"
    __table_args__ = (
        Index("feed_event_cursor_idx", "tenant_id", "cursor"),
        Index("feed_event_recorded_idx", "tenant_id", "recorded_at", "id"),
        Index("feed_event_aggregate_idx", "tenant_id", "aggregate_id", "cursor"),
    )

    cursor: int = Field(sa_column=Column(BigInteger, Identity(always=True), nullable=False))
    type: str = text()
    aggregate: str = text()
    aggregate_id: UUID
    occurred_at: datetime = instant()
    recorded_at: datetime = instant()
    actor: str = text()
    owner_id: UUID | None = None
    team: str = text(default="")
    body: str = text()


class FeedTrim(Row, table=True):
    """Up to which cursor, and which recorded instant, a tenant's feed was taken away; there is none
    where it is kept for ever. `id` is the tenant's."""

    __tablename__ = "feed_trim"

    cursor: int = Field(sa_type=BigInteger)
    recorded_at: datetime | None = instant(default=None)
