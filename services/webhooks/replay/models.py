"""Tables of the room. A schedule moves `place_at`, `place_id` and `found` without events; only
commands raise `version`."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy import text as sql

from crmkit.db.tables import document, enum, instant, text
from services.webhooks.replay.domain import ReplayState
from services.webhooks.tables import Row


class Replay(Row, table=True):
    """A stretch of the feed that is told an endpoint again; up to `place_at`, `place_id` it was
    looked through."""

    kept = frozenset({"version", "updated_at", "state", "place_at", "place_id", "scanned", "found"})

    __tablename__ = "webhook_replay"
    __table_args__ = (
        Index("webhook_replay_created_at_idx", "tenant_id", "created_at", "id"),
        Index("webhook_replay_endpoint_idx", "tenant_id", "endpoint_id", "created_at", "id"),
        Index(
            "webhook_replay_running_key",
            "tenant_id",
            "endpoint_id",
            unique=True,
            postgresql_where=sql("state = 'running'"),
        ),
    )

    endpoint_id: UUID
    from_at: datetime = instant()
    to_at: datetime = instant()
    types: list[str] = document()
    states: list[str] = document()
    state: ReplayState = enum(ReplayState)
    place_at: datetime = instant()
    place_id: UUID
    scanned: bool = False
    found: int
    owner_id: UUID
    team: str = text()
