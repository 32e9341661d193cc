"""Tables of the room."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index

from crmkit.db.tables import document, enum, instant, text
from services.webhooks.endpoint.domain import EndpointStatus, Sight
from services.webhooks.tables import Row


class Endpoint(Row, table=True):
    """Where a partner wants to be told; both secrets are sealed."""

    __tablename__ = "endpoint"
    __table_args__ = (
        Index("endpoint_name_idx", "tenant_id", "name", "id"),
        Index("endpoint_created_at_idx", "tenant_id", "created_at", "id"),
    )

    unpublished = frozenset({"secret", "old_secret"})

    name: str = text()
    url: str = text()
    types: list[str] = document()
    status: EndpointStatus = enum(EndpointStatus)
    sees: Sight = enum(Sight)
    secret: str = text()
    old_secret: str | None = text(default=None)
    old_secret_until: datetime | None = instant(default=None)
    disabled_at: datetime | None = instant(default=None)
    disabled_reason: str = text(default="")
    tested_at: datetime | None = instant(default=None)
    owner_id: UUID
    team: str = text()
    deleted_at: datetime | None = instant(default=None)
