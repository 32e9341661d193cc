"""What webhooks tells: which partner endpoints there are, and when one stopped answering."""

from datetime import datetime

from crmkit.events.envelope import Event, State


class EndpointState(State):
    """A partner's address; secrets never leave the service."""

    name: str
    url: str
    types: list[str]
    status: str
    disabled_at: datetime | None
    disabled_reason: str


class EndpointCreated(Event[EndpointState], type="endpoint.created.v1"):
    """A partner asked to be told."""


class EndpointUpdated(Event[EndpointState], type="endpoint.updated.v1"):
    """An endpoint's address or subscription changed, or it was paused or resumed."""


class EndpointDisabled(Event[EndpointState], type="endpoint.disabled.v1"):
    """An endpoint answered 410 or failed for five days; its owner must act."""


class EndpointDeleted(Event[EndpointState], type="endpoint.deleted.v1"):
    """An endpoint was taken away."""
