"""Tables of the room."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy import text as sql

from crmkit.db.tables import day, document, enum, instant, text
from crmkit.kernel.keyring import Keyring
from crmkit.kernel.signatures import Encoding
from services.leads.inbound.domain import InboundScheme, InboundStatus
from services.leads.matching.domain import DuplicateRule
from services.leads.tables import Row


class InboundEndpoint(Row, table=True):
    """推送接入 where another system sends us leads. Of its key there is a hash; the secrets that it
    signs with, which `secrets` names, are sealed."""

    __tablename__ = "inbound_endpoint"
    __table_args__ = (
        Index("inbound_endpoint_name_idx", "tenant_id", "name", "id"),
        Index("inbound_endpoint_updated_at_idx", "tenant_id", "updated_at", "id"),
    )

    unpublished = frozenset({"sealed"})

    name: str = text()
    prefix: str = text()
    hash: str = text()
    old_hash: str | None = text(default=None)
    old_hash_until: datetime | None = instant(default=None)
    scheme: InboundScheme = enum(InboundScheme)
    header: str = text()
    header_prefix: str = text()
    encoding: Encoding = enum(Encoding)
    id_header: str = text()
    secrets: list[dict[str, Any]] = document()
    sealed: dict[str, str] = document()
    old_secret_until: datetime | None = instant(default=None)
    mapping: list[dict[str, Any]] = document()
    external_system: str | None = text(default=None)
    duplicates: DuplicateRule = enum(DuplicateRule)
    active: bool = True
    daily_cap: int
    keep_days: int
    source: str = text()
    campaign_id: UUID | None = None
    product: str = text(default="")
    owner_id: UUID
    team: str = text()
    region: str = text(default="")
    revoked_at: datetime | None = instant(default=None)

    @property
    def keyring(self) -> Keyring:
        return Keyring(self.secrets, self.sealed)


class InboundMessage(Row, table=True):
    """A message that was signed, and what became of it. `place` is its name among those of its
    endpoint: the first of an id has it, whatever says something else under that id has another.
    The housekeeping empties `headers` and `body` at `raw_until`, of which no event tells."""

    __tablename__ = "inbound_message"
    __table_args__ = (
        Index("inbound_message_place_key", "tenant_id", "endpoint_id", "place", unique=True),
        Index("inbound_message_created_at_idx", "tenant_id", "created_at", "id"),
        Index(
            "inbound_message_endpoint_idx", "tenant_id", "endpoint_id", "status", "created_at", "id"
        ),
        Index(
            "inbound_message_raw_idx",
            "tenant_id",
            "raw_until",
            postgresql_where=sql("body is not null"),
        ),
        Index(
            "inbound_message_kept_idx",
            "tenant_id",
            "id",
            postgresql_where=sql("body is not null"),
        ),
    )

    unpublished = frozenset({"place", "body_hash", "headers", "body"})

    endpoint_id: UUID
    message_id: str = text()
    place: str = text()
    body_hash: str = text()
    status: InboundStatus = enum(InboundStatus)
    code: str = text(default="")
    detail: str = text(default="")
    faults: list[dict[str, Any]] = document(default=[])
    lead_id: UUID | None = None
    size: int
    raw_until: datetime = instant()
    headers: dict[str, str] = document()
    body: str | None = text(default=None)
    owner_id: UUID
    team: str = text()


class InboundDay(Row, table=True):
    """How many messages an endpoint took, was sent again, and found unsigned on a day where the
    tenant lives. It is counted as they come, without events, and its id is made of both."""

    __tablename__ = "inbound_day"

    endpoint_id: UUID
    day: date = day()
    taken: int
    repeated: int
    unsigned: int
