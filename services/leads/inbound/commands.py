"""Every change of an inbound endpoint, and what becomes of what is sent to it."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from crmkit.components.directory import Owner, owner
from crmkit.db.rows import revealing
from crmkit.db.writing import Tx
from crmkit.events.leads_inbound import (
    InboundEndpointCreated,
    InboundEndpointRevoked,
    InboundEndpointRotated,
    InboundEndpointSecretRotated,
    InboundEndpointUpdated,
    InboundMessageAccepted,
    InboundMessageKept,
)
from crmkit.fields import given
from crmkit.kernel import ids, sealing
from crmkit.kernel.access import Scope
from crmkit.kernel.errors import Conflict, Forbidden
from crmkit.kernel.keyring import MOST_SECRETS, Keyring
from crmkit.kernel.keys import hash_of, new_key, prefix, rotated
from services.leads.campaign.models import Campaign
from services.leads.inbound.domain import (
    LIFECYCLE,
    MARK,
    InboundScheme,
    InboundStatus,
    Received,
    demand_mapping,
    demand_raw,
    demand_same,
    demand_scheme,
    demand_secret,
    demand_unrevoked,
    place_beside,
)
from services.leads.inbound.models import InboundEndpoint, InboundMessage
from services.leads.inbound.queries import find_first, find_message
from services.leads.inbound.schemas import (
    InboundEndpointCreate,
    InboundEndpointUpdate,
    InboundField,
    RotateInboundKey,
    RotateInboundSecret,
    lead_of,
)
from services.leads.lead.commands import create_lead, put_lead
from services.leads.lead.models import Lead
from services.leads.settings import knobs


async def create_inbound_endpoint(tx: Tx, new: InboundEndpointCreate) -> InboundEndpoint:
    """Let another system send leads, for its owner or the caller; the row brings its key along,
    and the secret where we made it, once."""
    demand_scheme(new.scheme, new.header)
    mapping = _document(new.mapping)
    demand_mapping(mapping, new.external_system)
    _demand_all(tx, new.external_system)
    who = await owner(tx, new.owner_id)
    if new.campaign_id is not None:
        await tx.get(Campaign, new.campaign_id)
    endpoint_id = ids.new()
    key, secret = new_key(tx.tenant_id, endpoint_id, MARK), _secret(new.scheme, new.secret)
    keyring = _rotated(Keyring((), {}), tx, endpoint_id, secret, timedelta())
    values = given(new, owner_id=who.owner_id, mapping=mapping)
    del values["secret"]
    made = tx.create(
        InboundEndpoint,
        InboundEndpointCreated,
        **values,
        id=endpoint_id,
        prefix=prefix(tx.tenant_id, endpoint_id, MARK),
        hash=hash_of(key),
        secrets=list(keyring.shown),
        sealed=keyring.sealed,
        team=who.team,
        region=who.region,
    )
    return revealing(made, key=key, secret=secret)


async def update_inbound_endpoint(
    tx: Tx, endpoint_id: UUID, patch: InboundEndpointUpdate
) -> InboundEndpoint:
    """Change what messages become, how many are taken, and for how long they are kept."""
    endpoint = await tx.take(InboundEndpoint, endpoint_id)
    demand_unrevoked(endpoint.revoked_at)
    values: dict[str, Any] = given(patch)
    if "mapping" in values:
        values["mapping"] = _document(patch.mapping)
    after = vars(endpoint) | values
    demand_mapping(after["mapping"], after["external_system"])
    _demand_all(tx, after["external_system"])
    if patch.campaign_id is not None:
        await tx.get(Campaign, patch.campaign_id)
    if "owner_id" in values:
        who = await owner(tx, patch.owner_id)
        values |= {"owner_id": who.owner_id, "team": who.team, "region": who.region}
    return tx.update(endpoint, InboundEndpointUpdated, **values)


async def rotate_inbound_key(tx: Tx, endpoint_id: UUID, how: RotateInboundKey) -> InboundEndpoint:
    """Give an endpoint a new key; the old one holds beside it as long as the caller wants."""
    endpoint = await tx.take(InboundEndpoint, endpoint_id)
    demand_unrevoked(endpoint.revoked_at)
    _demand_all(tx, endpoint.external_system)
    key = new_key(tx.tenant_id, endpoint.id, MARK)
    hashes = rotated(vars(endpoint), key, tx.now, how.overlap_hours)
    return revealing(tx.update(endpoint, InboundEndpointRotated, **hashes), key=key)


async def rotate_inbound_secret(
    tx: Tx, endpoint_id: UUID, how: RotateInboundSecret
) -> InboundEndpoint:
    """Take messages that are signed with a new secret; the old ones hold beside it as long as the
    caller wants."""
    endpoint = await tx.take(InboundEndpoint, endpoint_id)
    demand_unrevoked(endpoint.revoked_at)
    _demand_all(tx, endpoint.external_system)
    secret = _secret(endpoint.scheme, how.secret)
    overlap = timedelta(hours=how.overlap_hours)
    keyring = _rotated(endpoint.keyring, tx, endpoint.id, secret, overlap)
    if len(keyring.shown) > MOST_SECRETS:
        told = f"{MOST_SECRETS} secrets hold already; rotate with an overlap of 0 hours"
        raise Conflict(told, code="inbound_endpoint.secrets")
    changed = tx.update(
        endpoint,
        InboundEndpointSecretRotated,
        secrets=list(keyring.shown),
        sealed=keyring.sealed,
        old_secret_until=keyring.old_until,
    )
    return revealing(changed, secret=secret)


async def revoke_inbound_endpoint(tx: Tx, endpoint_id: UUID) -> InboundEndpoint:
    """End an endpoint for good, with its keys; what it has taken stays, and may be replayed."""
    endpoint = await tx.take(InboundEndpoint, endpoint_id)
    demand_unrevoked(endpoint.revoked_at)
    return tx.update(
        endpoint, InboundEndpointRevoked, revoked_at=tx.now, old_hash=None, old_hash_until=None
    )


async def receive_message(tx: Tx, endpoint: InboundEndpoint, received: Received) -> InboundMessage:
    """Make a lead of a message, or change the one it names, once: of several copies that come at
    once one does, and the others find it. What became no lead before is tried again.

    Conflict `inbound.reused` where a message of that name said something else.
    """
    known = await find_first(tx, endpoint.id, received)
    if known is not None:
        demand_same(known.body_hash, received.digest)
        done = known.status is InboundStatus.ACCEPTED
        return known if done else await _accept(tx, known, endpoint, received.body)
    tx.contested.add("inbound_message_place_key")
    lead = await _bring(tx, endpoint, received.body)
    return tx.create(
        InboundMessage,
        InboundMessageAccepted,
        **_kept(tx, endpoint, received),
        place=received.place,
        status=InboundStatus.ACCEPTED,
        lead_id=lead.id,
    )


async def keep_message(
    tx: Tx,
    endpoint: InboundEndpoint,
    received: Received,
    status: InboundStatus,
    problem: Mapping[str, Any],
) -> InboundMessage:
    """Keep a message that became no lead, with its problem; one that is kept already stays so.

    What says something else under a known id has a place of its own, so that it is kept once, too.
    """
    reused = problem["code"] == "inbound.reused"
    beside = place_beside(received.place, received.digest)
    known = await (
        find_message(tx, endpoint.id, beside) if reused else find_first(tx, endpoint.id, received)
    )
    if known is not None:
        return known
    tx.contested.add("inbound_message_place_key")
    return tx.create(
        InboundMessage,
        InboundMessageKept,
        **_kept(tx, endpoint, received),
        place=beside if reused else received.place,
        status=status,
        code=problem["code"],
        detail=problem.get("detail", ""),
        faults=problem.get("errors", []),
    )


async def replay_message(tx: Tx, message_id: UUID) -> InboundMessage:
    """Make a lead of a message that became none, by the mapping of today.

    Conflict `lifecycle.illegal` where it became one, `inbound_message.raw_gone` where what was sent
    is kept no longer; what is wrong with it still is told as it was to its sender.
    """
    message = await tx.take(InboundMessage, message_id)
    endpoint = await tx.get(InboundEndpoint, message.endpoint_id)
    LIFECYCLE.move(message.status, InboundStatus.ACCEPTED)
    demand_raw(message.body)
    return await _accept(tx, message, endpoint, message.body or "")


async def _accept(
    tx: Tx, message: InboundMessage, endpoint: InboundEndpoint, body: str
) -> InboundMessage:
    lead = await _bring(tx, endpoint, body)
    return tx.update(
        message,
        InboundMessageAccepted,
        status=LIFECYCLE.move(message.status, InboundStatus.ACCEPTED),
        lead_id=lead.id,
        code="",
        detail="",
        faults=[],
    )


async def _bring(tx: Tx, endpoint: InboundEndpoint, body: str) -> Lead:
    """The lead, for the endpoint's owner as its form's rows are; one who has left stays so."""
    new = lead_of(vars(endpoint), body)
    whose = Owner(endpoint.owner_id, endpoint.team, endpoint.region)
    if endpoint.external_system is None or new.external_id is None:
        return await create_lead(tx, new, whose)
    return await put_lead(tx, endpoint.external_system, new.external_id, new, whose)


def _demand_all(tx: Tx, external_system: str | None) -> None:
    """Forbidden `inbound.changes_all` to whoever has endpoints of a team only: what comes in by one
    that upserts changes leads whoever owns them."""
    if external_system is None:
        return
    if tx.policy.demand(tx.actor, "inbound_endpoint", "create") is not Scope.ALL:
        raise Forbidden("it would change leads of other teams, too", code="inbound.changes_all")


def _kept(tx: Tx, endpoint: InboundEndpoint, received: Received) -> dict[str, Any]:
    return {
        "endpoint_id": endpoint.id,
        "message_id": received.name,
        "body_hash": received.digest,
        "size": received.size,
        "headers": dict(received.headers),
        "body": received.body,
        "raw_until": tx.now + timedelta(days=endpoint.keep_days),
        "owner_id": endpoint.owner_id,
        "team": endpoint.team,
    }


def _document(mapping: Sequence[InboundField]) -> list[dict[str, Any]]:
    return [each.model_dump() for each in mapping]


def _secret(scheme: InboundScheme, told: str | None) -> str:
    """The secret that the system has, or a new one."""
    if told is None:
        return sealing.new_secret()
    demand_secret(scheme, told)
    return told


def _rotated(
    keyring: Keyring, tx: Tx, endpoint_id: UUID, secret: str, overlap: timedelta
) -> Keyring:
    sealed = sealing.seal(knobs().webhook_key, tx.tenant_id, endpoint_id, secret)
    return keyring.rotated(str(ids.new()), sealed, tx.now, overlap)
