"""What comes in and goes out."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, StringConstraints

from crmkit.fields import Instant, Name, Patch, Strict
from crmkit.web.answers import Read
from services.webhooks.addresses import LONGEST_URL
from services.webhooks.endpoint.domain import EndpointStatus
from services.webhooks.sealing import unseal
from services.webhooks.settings import knobs

Url = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_URL)]
Pattern = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Patterns = Annotated[list[Pattern], Field(min_length=1, max_length=50)]


class EndpointCreate(Strict):
    """`types`: types of events, whole aggregates such as `lead.*`, or `*`."""

    name: Name
    url: Url
    types: Patterns


class EndpointUpdate(Patch):
    """What may be changed by hand; what is left out stays."""

    name: Name = ""
    url: Url = ""
    types: Patterns = Field(default_factory=list)


class RotateSecret(Strict):
    """For how many hours the old secret signs beside the new one; 0 revokes it at once."""

    overlap_hours: Annotated[int, Field(strict=True, ge=0, le=168)] = 24


class EndpointRead(Read):
    id: UUID
    version: int
    name: str
    url: str
    types: list[str]
    status: EndpointStatus
    old_secret_until: Instant | None
    disabled_at: Instant | None
    disabled_reason: str
    tested_at: Instant | None
    owner_id: UUID
    team: str
    created_at: Instant
    updated_at: Instant


class EndpointSecretRead(EndpointRead):
    """With the secret that signs from now on; it is shown this once."""

    secret: str

    @classmethod
    def of(cls, source: Any, masks: frozenset[str] = frozenset()) -> dict[str, Any]:
        shown = super().of(source, masks)
        shown["secret"] = unseal(knobs().webhook_key, source.tenant_id, source.id, source.secret)
        return shown
