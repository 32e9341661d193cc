"""What webhooks tells: which partner endpoints there are, and when one stopped answering."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

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
    payload: str = "full"
    filters: list[dict[str, Any]] = msgspec.field(default_factory=list)
    ordered: bool = False
    failing_since: datetime | None = None
    notice: str = ""
    owner_id: UUID | None = None
    team: str = ""
    sees: str | None = None
    host: str = ""
    secrets: list[dict[str, Any]] = msgspec.field(default_factory=list)
    old_secret_until: datetime | None = None
    resumed_at: datetime | None = None
    deleted_at: datetime | None = None


class EndpointCreated(Event[EndpointState], type="endpoint.created.v1"):
    """A partner asked to be told."""


class EndpointUpdated(Event[EndpointState], type="endpoint.updated.v1"):
    """An endpoint's address or subscription changed, or it was paused or resumed."""


class EndpointFailing(Event[EndpointState], type="endpoint.failing.v1"):
    """An endpoint has taken nothing for an hour, or for a day; its owner should look."""


class EndpointRecovered(Event[EndpointState], type="endpoint.recovered.v1"):
    """An endpoint whose owner was given notice takes webhooks again."""


class EndpointDisabled(Event[EndpointState], type="endpoint.disabled.v1"):
    """An endpoint answered 410 or failed for five days; its owner must act."""


class EndpointDeleted(Event[EndpointState], type="endpoint.deleted.v1"):
    """An endpoint was taken away."""


class EndpointSecretRotated(Event[EndpointState], type="endpoint.secret_rotated.v1"):
    """An endpoint got a new secret; the old ones sign beside it for a while."""


class EndpointSecretRevoked(Event[EndpointState], type="endpoint.secret_revoked.v1"):
    """One of an endpoint's old secrets signs no more."""


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


class DeliverySkipped(Event[DeliveryState], type="webhook_delivery.skipped.v1"):
    """Somebody gave an event up for its endpoint, so that later ones need not wait for it."""


class ReplayState(State):
    """A stretch of the feed that is told an endpoint again."""

    endpoint_id: UUID
    from_at: datetime
    to_at: datetime
    types: list[str]
    state: str
    found: int


class ReplayStarted(Event[ReplayState], type="webhook_replay.started.v1"):
    """Somebody wants an endpoint told what happened in a stretch of time."""


class ReplayCanceled(Event[ReplayState], type="webhook_replay.canceled.v1"):
    """What was not yet sent again will not be."""


class ReplayFinished(Event[ReplayState], type="webhook_replay.finished.v1"):
    """Everything found was sent again, or given up."""
