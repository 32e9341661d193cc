"""Every change of an endpoint."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from crmkit.components.directory import owner
from crmkit.db.writing import Tx
from crmkit.events.webhooks import (
    EndpointCreated,
    EndpointDeleted,
    EndpointDisabled,
    EndpointSecretRotated,
    EndpointTested,
    EndpointUpdated,
)
from crmkit.fields import given
from crmkit.kernel import ids
from crmkit.kernel.access import Scope
from crmkit.kernel.errors import Conflict, Invalid
from services.webhooks import bodies
from services.webhooks.addresses import BadUrl
from services.webhooks.endpoint.domain import LIFECYCLE, EndpointStatus, Sight
from services.webhooks.endpoint.models import Endpoint
from services.webhooks.endpoint.schemas import EndpointCreate, EndpointUpdate, RotateSecret
from services.webhooks.feed.domain import unknown_patterns
from services.webhooks.sealing import new_secret, seal
from services.webhooks.settings import knobs


async def create_endpoint(tx: Tx, new: EndpointCreate) -> Endpoint:
    """Take in where the caller wants to be told; it hears what the caller may read."""
    _demand_url(new.url)
    _demand_types(new.types)
    who = await owner(tx, None)
    endpoint_id = ids.new()
    return tx.create(
        Endpoint,
        EndpointCreated,
        **given(new, types=sorted(set(new.types))),
        id=endpoint_id,
        status=EndpointStatus.ACTIVE,
        sees=_sight(tx),
        secret=seal(knobs().webhook_key, tx.tenant_id, endpoint_id, new_secret()),
        owner_id=who.owner_id,
        team=who.team,
    )


async def update_endpoint(tx: Tx, endpoint_id: UUID, patch: EndpointUpdate) -> Endpoint:
    """Change name, address or subscription; the secret stays."""
    endpoint = await tx.take(Endpoint, endpoint_id)
    values = given(patch)
    if "url" in values:
        _demand_url(patch.url)
    if "types" in values:
        _demand_types(patch.types)
        values["types"] = sorted(set(patch.types))
    return tx.update(endpoint, EndpointUpdated, **values)


async def pause_endpoint(tx: Tx, endpoint_id: UUID) -> Endpoint:
    """Tell it nothing for a while; what happens meanwhile waits."""
    endpoint = await tx.take(Endpoint, endpoint_id)
    status = LIFECYCLE.move(endpoint.status, EndpointStatus.PAUSED)
    return tx.update(endpoint, EndpointUpdated, status=status)


async def resume_endpoint(tx: Tx, endpoint_id: UUID) -> Endpoint:
    """Tell it again, first of all what has waited."""
    endpoint = await tx.take(Endpoint, endpoint_id)
    status = LIFECYCLE.move(endpoint.status, EndpointStatus.ACTIVE)
    return tx.update(endpoint, EndpointUpdated, status=status, disabled_at=None, disabled_reason="")


async def disable_endpoint(tx: Tx, endpoint_id: UUID, reason: str) -> Endpoint:
    """Stop telling an endpoint that does not want to hear; its owner must act."""
    endpoint = await tx.take(Endpoint, endpoint_id)
    if endpoint.status is EndpointStatus.DISABLED:
        return endpoint
    return tx.update(
        endpoint,
        EndpointDisabled,
        status=EndpointStatus.DISABLED,
        disabled_at=tx.now,
        disabled_reason=reason,
    )


async def test_endpoint(tx: Tx, endpoint_id: UUID) -> Endpoint:
    """Have a test event sent to this endpoint alone."""
    endpoint = await tx.take(Endpoint, endpoint_id)
    if endpoint.status is not EndpointStatus.ACTIVE:
        raise Conflict("only an active endpoint can be tested", code="endpoint.not_active")
    return tx.update(endpoint, EndpointTested, tested_at=tx.now)


async def rotate_secret(tx: Tx, endpoint_id: UUID, how: RotateSecret) -> Endpoint:
    """Sign with a new secret; the old one signs beside it as long as the caller wants."""
    endpoint = await tx.take(Endpoint, endpoint_id)
    overlaps = how.overlap_hours > 0
    return tx.update(
        endpoint,
        EndpointSecretRotated,
        secret=seal(knobs().webhook_key, tx.tenant_id, endpoint.id, new_secret()),
        old_secret=endpoint.secret if overlaps else None,
        old_secret_until=tx.now + timedelta(hours=how.overlap_hours) if overlaps else None,
    )


async def delete_endpoint(tx: Tx, endpoint_id: UUID) -> Endpoint:
    """Take an endpoint away; what still waits for it is given up."""
    return tx.delete(await tx.take(Endpoint, endpoint_id), EndpointDeleted)


def _sight(tx: Tx) -> Sight:
    scope = tx.policy.demand(tx.actor, "feed_event", "read")
    return Sight.ALL if scope is Scope.ALL else Sight.OWN


def _demand_url(url: str) -> None:
    try:
        knobs().rules.demand_url(url)
    except BadUrl as error:
        raise Invalid.field("url", "endpoint.url", str(error)) from error


def _demand_types(types: Sequence[str]) -> None:
    unknown = unknown_patterns(types, bodies.told())
    if unknown:
        raise Invalid.field("types", "endpoint.types", f"there are no events {unknown[0]!r}")
