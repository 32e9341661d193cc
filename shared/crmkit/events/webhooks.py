"""What webhooks tells: which partner endpoints there are, and when one stopped answering."""

from datetime import datetime
from uuid import UUID

from crmkit.events.envelope import Event, State


class EndpointState(State):
    """A partner's address; secrets never leave the service."""

    name: str
    url: str
    types: list[str]
    status: str
    disabled_at: datetime | None
    disabled_reason: str
    tested_at: datetime | None = None
    sees: str | None = None
    owner_id: UUID | None = None
    team: str | None = None
    old_secret_until: datetime | None = None
    deleted_at: datetime | None = None


class EndpointCreated(Event[EndpointState], type="endpoint.created.v1"):
    """A partner asked to be told."""


class EndpointUpdated(Event[EndpointState], type="endpoint.updated.v1"):
    """An endpoint's address or subscription changed, or it was paused or resumed."""


class EndpointDisabled(Event[EndpointState], type="endpoint.disabled.v1"):
    """An endpoint answered 410 or failed for five days; its owner must act."""


class EndpointDeleted(Event[EndpointState], type="endpoint.deleted.v1"):
    """An endpoint was taken away."""


class EndpointSecretRotated(Event[EndpointState], type="endpoint.secret_rotated.v1"):
    """An endpoint got a new secret; the old one signs beside it for a while."""


class EndpointTested(Event[EndpointState], type="endpoint.tested.v1"):
    """Somebody wants to see whether the endpoint answers; it is told this event alone."""


class DeliveryState(State):
    """One event on its way to one endpoint."""

    endpoint_id: UUID
    event_id: UUID
    type: str
    state: str
    replays: int


class DeliveryReplayed(Event[DeliveryState], type="webhook_delivery.replayed.v1"):
    """Somebody had an event sent again, under its own id."""
