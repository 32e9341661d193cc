"""Tables of the room. Of an endpoint's health the dispatcher keeps account without events; what its
owner is told of it is written by commands."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index

from crmkit.db.tables import document, enum, instant, text
from crmkit.kernel.keyring import Keyring
from services.webhooks.endpoint.domain import EndpointStatus, Payload, Sight
from services.webhooks.tables import Row


class Endpoint(Row, table=True):
    """Where a partner wants to be told; `sealed` holds the secrets that `secrets` names."""

    __tablename__ = "endpoint"
    __table_args__ = (
        Index("endpoint_name_idx", "tenant_id", "name", "id"),
        Index("endpoint_created_at_idx", "tenant_id", "created_at", "id"),
    )

    unpublished = frozenset({"sealed"})

    name: str = text()
    url: str = text()
    host: str = text()
    types: list[str] = document()
    filters: list[dict[str, Any]] = document()
    payload: Payload = enum(Payload)
    ordered: bool = False
    status: EndpointStatus = enum(EndpointStatus)
    sees: Sight = enum(Sight)
    secrets: list[dict[str, Any]] = document()
    sealed: dict[str, str] = document()
    old_secret_until: datetime | None = instant(default=None)
    disabled_at: datetime | None = instant(default=None)
    disabled_reason: str = text(default="")
    resumed_at: datetime | None = instant(default=None)
    failing_since: datetime | None = instant(default=None)
    notice: str = text(default="")
    tested_at: datetime | None = instant(default=None)
    owner_id: UUID
    team: str = text()
    deleted_at: datetime | None = instant(default=None)

    @property
    def keyring(self) -> Keyring:
        return Keyring(self.secrets, self.sealed)


class Pulse(Row, table=True):
    """How one endpoint's last tries went; `id` is the endpoint's. Written only where it changes."""

    kept = frozenset(
        {"version", "updated_at", "failures", "failing_since", "succeeded_at", "notices"}
    )

    __tablename__ = "webhook_pulse"

    failures: int
    failing_since: datetime | None = instant(default=None)
    succeeded_at: datetime | None = instant(default=None)
    notices: int


class Host(Row, table=True):
    """The circuit breaker of one `host:port`, for one tenant."""

    kept = frozenset({"version", "updated_at", "failures", "open_until"})

    __tablename__ = "webhook_host"
    __table_args__ = (Index("webhook_host_key", "tenant_id", "host", unique=True),)

    host: str = text()
    failures: int
    open_until: datetime | None = instant(default=None)
