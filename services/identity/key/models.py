"""Tables of the room."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index

from crmkit.db.tables import document, instant, text
from services.identity.tables import Row


class Key(Row, table=True):
    """How a program is let in. Of its secret there is a hash; `prefix` is no secret."""

    kept = frozenset({"last_used_at"})

    __tablename__ = "key"
    __table_args__ = (
        Index("key_name_idx", "tenant_id", "name", "id"),
        Index("key_created_at_idx", "tenant_id", "created_at", "id"),
    )

    name: str = text()
    prefix: str = text()
    hash: str = text()
    old_hash: str | None = text(default=None)
    old_hash_until: datetime | None = instant(default=None)
    roles: list[str] = document()
    scopes: list[str] = document()
    team: str = text(default="")
    maker_id: UUID
    expires_at: datetime | None = instant(default=None)
    revoked_at: datetime | None = instant(default=None)
    last_used_at: datetime | None = instant(default=None)
