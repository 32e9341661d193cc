"""What leads tells of webhooks that come in: who may send, and what became of what was sent."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from crmkit.events.envelope import Event, State


class InboundEndpointState(State):
    """推送接入 where another system sends us leads; hashes and secrets are told to nobody."""

    private: ClassVar[frozenset[str]] = frozenset({"hash", "old_hash"})

    name: str
    prefix: str
    hash: str | None
    old_hash: str | None
    old_hash_until: datetime | None
    scheme: str
    header: str
    header_prefix: str
    encoding: str
    id_header: str
    secrets: list[dict[str, Any]]
    old_secret_until: datetime | None
    mapping: list[dict[str, Any]]
    external_system: str | None
    duplicates: str
    active: bool
    daily_cap: int
    keep_days: int
    source: str
    campaign_id: UUID | None
    product: str
    owner_id: UUID
    team: str
    region: str
    revoked_at: datetime | None


class InboundMessageState(State):
    """A message that another system sent and signed; what it said is told to nobody."""

    endpoint_id: UUID
    message_id: str
    status: str
    code: str
    detail: str
    faults: list[dict[str, Any]]
    lead_id: UUID | None
    size: int
    raw_until: datetime
    owner_id: UUID
    team: str


class InboundEndpointCreated(Event[InboundEndpointState], type="inbound_endpoint.created.v1"):
    """Another system may send us leads."""


class InboundEndpointUpdated(Event[InboundEndpointState], type="inbound_endpoint.updated.v1"):
    """What a system's messages become, or how many are taken, changed."""


class InboundEndpointRotated(Event[InboundEndpointState], type="inbound_endpoint.rotated.v1"):
    """An endpoint got a new key; the old one holds beside it for a while."""


class InboundEndpointSecretRotated(
    Event[InboundEndpointState], type="inbound_endpoint.secret_rotated.v1"
):
    """A system signs with a new secret; the old ones hold beside it for a while."""


class InboundEndpointRevoked(Event[InboundEndpointState], type="inbound_endpoint.revoked.v1"):
    """A system sends us nothing any more."""


class InboundMessageAccepted(Event[InboundMessageState], type="inbound_message.accepted.v1"):
    """A message became a lead, when it came or when it was played again."""


class InboundMessageKept(Event[InboundMessageState], type="inbound_message.kept.v1"):
    """A message became no lead, for the reason told, and is kept to be played again."""
