"""Every change of an endpoint."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from crmkit.components.directory import owner
from crmkit.db.writing import Tx
from crmkit.events.webhooks import (
    EndpointCreated,
    EndpointDeleted,
    EndpointDisabled,
    EndpointFailing,
    EndpointRecovered,
    EndpointSecretRevoked,
    EndpointSecretRotated,
    EndpointTested,
    EndpointUpdated,
)
from crmkit.fields import given
from crmkit.kernel import ids
from crmkit.kernel.access import Scope
from crmkit.kernel.errors import Conflict, Invalid, NotFound
from crmkit.kernel.keyring import MOST_SECRETS, Keyring
from crmkit.kernel.sealing import new_secret, seal
from services.webhooks import bodies, conditions
from services.webhooks.addresses import BadUrl, host_of, is_same_house
from services.webhooks.endpoint.domain import (
    LIFECYCLE,
    EndpointStatus,
    Sight,
)
from services.webhooks.endpoint.models import Endpoint
from services.webhooks.endpoint.schemas import (
    EndpointCreate,
    EndpointUpdate,
    FieldFilter,
    RotateSecret,
)
from services.webhooks.feed.domain import selected, unknown_patterns
from services.webhooks.policy import PERSONAL
from services.webhooks.settings import knobs


async def create_endpoint(tx: Tx, new: EndpointCreate) -> Endpoint:
    """Take in where the caller wants to be told; it hears what the caller may read."""
    _demand_url(new.url)
    _demand_types(new.types)
    who = await owner(tx, None)
    endpoint_id, sees = ids.new(), _sight(tx)
    keyring = _rotated(Keyring((), {}), tx, endpoint_id, timedelta())
    values = given(
        new,
        types=sorted(set(new.types)),
        filters=_normal(new.filters, new.types, sees),
    )
    return tx.create(
        Endpoint,
        EndpointCreated,
        **values,
        id=endpoint_id,
        host=host_of(new.url),
        status=EndpointStatus.ACTIVE,
        sees=sees,
        secrets=keyring.shown,
        sealed=keyring.sealed,
        owner_id=who.owner_id,
        team=who.team,
    )


async def update_endpoint(tx: Tx, endpoint_id: UUID, patch: EndpointUpdate) -> Endpoint:
    """Change name, address or subscription; the secret stays."""
    endpoint = await tx.take(Endpoint, endpoint_id)
    values = given(patch)
    if "url" in values:
        _demand_url(patch.url)
        values["host"] = host_of(patch.url)
    if "types" in values:
        _demand_types(patch.types)
        values["types"] = sorted(set(patch.types))
    if values.keys() & {"types", "filters"}:
        filters = patch.filters if "filters" in values else map(_filter, endpoint.filters)
        values["filters"] = _normal(filters, values.get("types", endpoint.types), endpoint.sees)
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
    return tx.update(
        endpoint,
        EndpointUpdated,
        status=status,
        disabled_at=None,
        disabled_reason="",
        resumed_at=tx.now,
        failing_since=None,
        notice="",
    )


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
        notice=f"disabled: {reason}; what it misses waits for 30 days",
    )


async def warn_owner(tx: Tx, endpoint_id: UUID, since: datetime, hours: int) -> Endpoint:
    """Say on the endpoint, and by an event, that it has taken nothing for so many hours."""
    endpoint = await tx.take(Endpoint, endpoint_id)
    if endpoint.status is not EndpointStatus.ACTIVE:
        return endpoint
    notice = f"nothing but failures for {hours} h; after five days it is disabled"
    return tx.update(endpoint, EndpointFailing, failing_since=since, notice=notice)


async def clear_warning(tx: Tx, endpoint_id: UUID) -> Endpoint:
    """It takes webhooks again."""
    endpoint = await tx.take(Endpoint, endpoint_id)
    if endpoint.status is not EndpointStatus.ACTIVE:
        return endpoint
    return tx.update(endpoint, EndpointRecovered, failing_since=None, notice="")


async def test_endpoint(tx: Tx, endpoint_id: UUID) -> Endpoint:
    """Have a test event sent to this endpoint alone."""
    endpoint = await tx.take(Endpoint, endpoint_id)
    if endpoint.status is not EndpointStatus.ACTIVE:
        raise Conflict("only an active endpoint can be tested", code="endpoint.not_active")
    return tx.update(endpoint, EndpointTested, tested_at=tx.now)


async def rotate_secret(tx: Tx, endpoint_id: UUID, how: RotateSecret) -> Endpoint:
    """Sign with a new secret; those so far sign beside it as long as the caller wants."""
    endpoint = await tx.take(Endpoint, endpoint_id)
    overlap = timedelta(hours=how.overlap_hours)
    keyring = _rotated(endpoint.keyring, tx, endpoint.id, overlap)
    if len(keyring.shown) > MOST_SECRETS:
        raise Conflict(
            f"{MOST_SECRETS} secrets sign already; revoke one first", code="endpoint.secrets"
        )
    return _keep(tx, endpoint, EndpointSecretRotated, keyring)


async def revoke_secret(tx: Tx, endpoint_id: UUID, secret_id: UUID) -> Endpoint:
    """End an old secret at once; the newest one is replaced by a rotation without overlap."""
    endpoint = await tx.take(Endpoint, endpoint_id)
    known = [each["id"] for each in endpoint.secrets]
    if str(secret_id) not in known:
        raise NotFound("no such secret", code="endpoint.not_found")
    if str(secret_id) == known[0]:
        raise Conflict("rotate it, with an overlap of 0 hours", code="endpoint.newest_secret")
    keyring = endpoint.keyring.without(str(secret_id))
    return _keep(tx, endpoint, EndpointSecretRevoked, keyring)


async def delete_endpoint(tx: Tx, endpoint_id: UUID) -> Endpoint:
    """Take an endpoint away; what still waits for it is given up."""
    return tx.delete(await tx.take(Endpoint, endpoint_id), EndpointDeleted)


def _keep(tx: Tx, endpoint: Endpoint, event: Any, keyring: Keyring) -> Endpoint:
    return tx.update(
        endpoint,
        event,
        secrets=list(keyring.shown),
        sealed=keyring.sealed,
        old_secret_until=keyring.old_until,
    )


def _rotated(keyring: Keyring, tx: Tx, endpoint_id: UUID, overlap: timedelta) -> Keyring:
    sealed = seal(knobs().webhook_key, tx.tenant_id, endpoint_id, new_secret())
    return keyring.rotated(str(ids.new()), sealed, tx.now, overlap)


def _sight(tx: Tx) -> Sight:
    scope = tx.policy.demand(tx.actor, "feed_event", "read")
    return Sight.ALL if scope is Scope.ALL else Sight.OWN


def _demand_url(url: str) -> None:
    try:
        knobs().rules.demand_url(url)
    except BadUrl as error:
        raise Invalid.field("url", "endpoint.url", str(error)) from error


def demand_elsewhere(url: str, called: str) -> None:
    """Invalid where a webhook would go to the house that was called to set it up."""
    _demand_url(url)
    if is_same_house(url, called):
        raise Invalid.field("url", "endpoint.url", "this house does not tell itself")


def _demand_types(types: Sequence[str]) -> None:
    unknown = unknown_patterns(types, bodies.told())
    if unknown:
        raise Invalid.field("types", "endpoint.types", "there are no such events")


def _filter(condition: dict[str, Any]) -> FieldFilter:
    return FieldFilter.model_validate(condition)


def _normal(
    filters: Iterable[FieldFilter], types: Sequence[str], sees: Sight
) -> list[dict[str, Any]]:
    hidden = PERSONAL if sees is Sight.OWN else frozenset()
    wanted = [each.condition() for each in filters]
    try:
        return conditions.normal(wanted, selected(types, bodies.told()), hidden)
    except conditions.BadCondition as error:
        where = f"filters/{error.place}/{error.member}"
        raise Invalid.field(where, "endpoint.filters", str(error)) from error
