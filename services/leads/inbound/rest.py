"""REST of inbound endpoints; `/v1/inbound` is what other systems send to, so it has no GraphQL."""

import hashlib
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

import msgspec
from fastapi import APIRouter, Path, Request, Response

from crmkit.components.day_counts import Today, today
from crmkit.components.enums import enums
from crmkit.components.history import history
from crmkit.db.executor import Call
from crmkit.kernel import sealing
from crmkit.kernel.errors import CrmError, Stale, Unavailable
from crmkit.kernel.signatures import Encoding, Message
from crmkit.web.answers import Page
from crmkit.web.bodies import is_json
from crmkit.web.edge import Edge, EdgeContext, Matched
from crmkit.web.problems import Refusal
from crmkit.web.public import Door, Open, admit, note_failure, public, refused
from services.leads.form.domain import keepable
from services.leads.inbound import commands, queries
from services.leads.inbound.domain import (
    MARK,
    InboundScheme,
    InboundStatus,
    Received,
    as_text,
    demand_active,
    demand_place,
    is_signed,
    keepable_headers,
    name_of,
    place_beside,
    place_of,
    status_of,
    unsigned,
)
from services.leads.inbound.models import InboundEndpoint, InboundMessage
from services.leads.inbound.queries import INBOUND_ENDPOINTS, INBOUND_MESSAGES
from services.leads.inbound.schemas import (
    InboundDayRead,
    InboundDays,
    InboundEndpointCreate,
    InboundEndpointKeyRead,
    InboundEndpointRead,
    InboundEndpointUpdate,
    InboundMessageRead,
    RotateInboundKey,
    RotateInboundSecret,
    Taken,
)
from services.leads.settings import knobs

endpoints = APIRouter(prefix="/v1/inbound-endpoints", tags=["inbound"])
messages = APIRouter(prefix="/v1/inbound-messages", tags=["inbound"])
inbound = APIRouter(prefix="/v1/inbound", tags=["inbound"])
enums(endpoints, {"scheme": InboundScheme, "encoding": Encoding})
enums(messages, {"status": InboundStatus})
_UNSIGNED: dict[str, Any] = {"$ref": "#/components/responses/Unauthorized"}
_ANY_JSON = {"requestBody": {"required": True, "content": {"application/json": {"schema": {}}}}}
_DOOR = Door(MARK, "inbound", queries.find_open, "inbound.unknown", "no such endpoint")
EndpointKey = Annotated[str, Path(description="An endpoint's key, as shown when it was made.")]


@endpoints.post("", status_code=201, response_model=InboundEndpointKeyRead)
async def create_inbound_endpoint(new: InboundEndpointCreate, edge: Edge) -> Response:
    made = await edge.write(commands.create_inbound_endpoint, new)
    return edge.created(InboundEndpointKeyRead, made)


@endpoints.get(
    "", response_model=Page[InboundEndpointRead], openapi_extra=INBOUND_ENDPOINTS.openapi()
)
async def list_inbound_endpoints(edge: Edge) -> Response:
    found = await INBOUND_ENDPOINTS.find(edge.reading, edge.listing(INBOUND_ENDPOINTS))
    return edge.page(InboundEndpointRead, InboundEndpoint, found)


@endpoints.get("/{endpoint_id}", response_model=InboundEndpointRead)
async def get_inbound_endpoint(endpoint_id: UUID, edge: Edge) -> Response:
    return edge.shown(InboundEndpointRead, await edge.get(InboundEndpoint, endpoint_id))


@endpoints.patch("/{endpoint_id}", response_model=InboundEndpointRead)
async def update_inbound_endpoint(
    endpoint_id: UUID, patch: InboundEndpointUpdate, edge: Matched
) -> Response:
    changed = await edge.write(commands.update_inbound_endpoint, endpoint_id, patch)
    return edge.changed(InboundEndpointRead, changed)


@endpoints.get("/{endpoint_id}/days", response_model=InboundDays)
async def list_inbound_days(endpoint_id: UUID, edge: Edge) -> Response:
    """How many messages came on the last 30 days on which any did; as of an instant without the day
    it lies in, where more came on that day since."""
    found = await queries.list_days(edge.reading, endpoint_id)
    return edge.plain({"items": [InboundDayRead.of(each) for each in found]})


@endpoints.post("/{endpoint_id}/rotate", response_model=InboundEndpointKeyRead)
async def rotate_inbound_key(endpoint_id: UUID, how: RotateInboundKey, edge: Edge) -> Response:
    rotated = await edge.write(commands.rotate_inbound_key, endpoint_id, how)
    return edge.changed(InboundEndpointKeyRead, rotated)


@endpoints.post("/{endpoint_id}/secrets/rotate", response_model=InboundEndpointKeyRead)
async def rotate_inbound_secret(
    endpoint_id: UUID, how: RotateInboundSecret, edge: Edge
) -> Response:
    rotated = await edge.write(commands.rotate_inbound_secret, endpoint_id, how)
    return edge.changed(InboundEndpointKeyRead, rotated)


@endpoints.post("/{endpoint_id}/revoke", response_model=InboundEndpointRead)
async def revoke_inbound_endpoint(endpoint_id: UUID, edge: Edge) -> Response:
    revoked = await edge.write(commands.revoke_inbound_endpoint, endpoint_id)
    return edge.changed(InboundEndpointRead, revoked)


@messages.get("", response_model=Page[InboundMessageRead], openapi_extra=INBOUND_MESSAGES.openapi())
async def list_inbound_messages(edge: Edge) -> Response:
    found = await INBOUND_MESSAGES.find(edge.reading, edge.listing(INBOUND_MESSAGES))
    return edge.page(InboundMessageRead, InboundMessage, found)


@messages.get("/{message_id}", response_model=InboundMessageRead)
async def get_inbound_message(message_id: UUID, edge: Edge) -> Response:
    return edge.shown(InboundMessageRead, await edge.get(InboundMessage, message_id))


@messages.post("/{message_id}/replay", response_model=InboundMessageRead)
async def replay_message(message_id: UUID, edge: Edge) -> Response:
    return edge.changed(InboundMessageRead, await edge.write(commands.replay_message, message_id))


@inbound.post(
    "/{endpoint_key}",
    status_code=202,
    response_model=Taken,
    responses={401: _UNSIGNED},
    openapi_extra=_ANY_JSON,
)
@public
async def receive_message(endpoint_key: EndpointKey, request: Open) -> Response:
    """Send a signed message; it becomes a lead by the endpoint's mapping, once for each message id.

    What is not signed as it should be is 401 `inbound.signature` and not kept. What does not fit is
    422, and kept; so is all that could not be done, which is 202 since there is nothing for its
    sender to put right. An id that came with another body is 409 `inbound.reused`; plain HMAC signs
    no id, so there a message counts once for what it says. An endpoint takes so many messages a day
    and no more (429 `inbound.cap`).
    """
    visit = await _visit(request, endpoint_key)
    if not await _is_due(visit):
        return visit.taken
    edge, endpoint, received = visit.edge, visit.endpoint, visit.received
    try:
        _demand_json(request)
        await edge.run(visit.call, commands.receive_message, endpoint, received)
    except (Unavailable, Stale):
        raise
    except (CrmError, Refusal) as error:
        return await _kept(visit, error)
    return visit.taken


@dataclass(frozen=True, slots=True)
class _Visit:
    """A system that has shown an endpoint's key and signed what it sent."""

    edge: EdgeContext
    endpoint: InboundEndpoint
    received: Received
    today: Today

    @property
    def call(self) -> Call:
        return Call(self.edge.actor, traceparent=self.edge.request.scope.get("traceparent"))

    @property
    def taken(self) -> Response:
        return self.edge.plain({"accepted": True}, 202)


async def _visit(request: Request, key: str) -> _Visit:
    """Unauthorized for every message that is not signed as it should be, whatever the reason."""
    edge, endpoint = await _DOOR.open(request, key)
    now = await today(edge.reading)
    message = Message(_headers(request), await request.body())
    if not is_signed(vars(endpoint), message, _secrets(edge, endpoint), edge.reading.now):
        note_failure(request.scope)
        await queries.count_unsigned(edge.reading, endpoint, now.day)
        raise unsigned()
    admit(request.scope, edge.actor)
    demand_active(endpoint.active)
    return _Visit(edge, endpoint, _received(endpoint, message), now)


async def _is_due(visit: _Visit) -> bool:
    """Whether there is anything to do about a message; what is new has to have a place today."""
    edge, endpoint, received = visit.edge, visit.endpoint, visit.received
    first = await queries.find_first(edge.reading, endpoint.id, received)
    if first is not None and first.body_hash != received.digest:
        beside = place_beside(received.place, received.digest)
        first = await queries.find_message(edge.reading, endpoint.id, beside)
        if first is not None:
            await queries.count_repeated(edge.reading, endpoint, visit.today.day)
            return True
    if first is None:
        place = await queries.take_place(edge.reading, endpoint, visit.today.day)
        demand_place(place, visit.today.left)
        return True
    if first.status is not InboundStatus.ACCEPTED:
        return True
    await queries.count_repeated(edge.reading, endpoint, visit.today.day)
    return False


async def _kept(visit: _Visit, error: CrmError | Refusal) -> Response:
    """The problem, where its sender can put it right, once the message is kept."""
    answer = refused(visit.edge.request, error)
    became = status_of(error)
    problem: dict[str, Any] = keepable(msgspec.json.decode(answer.body))
    await visit.edge.run(
        visit.call, commands.keep_message, visit.endpoint, visit.received, became, problem
    )
    return answer if became is InboundStatus.REFUSED else visit.taken


def _secrets(edge: EdgeContext, endpoint: InboundEndpoint) -> list[str]:
    sealed = endpoint.keyring.signing(edge.reading.now)
    key = knobs().webhook_key
    return [sealing.unseal(key, endpoint.tenant_id, endpoint.id, each) for each in sealed]


def _headers(request: Request) -> dict[str, str]:
    """By lower-case name; what came twice is one, by which it is no signature any more."""
    found: dict[str, str] = {}
    for name, value in request.headers.items():
        found[name] = f"{found[name]}, {value}" if name in found else value
    return found


def _received(endpoint: InboundEndpoint, message: Message) -> Received:
    digest = hashlib.sha256(message.body).hexdigest()
    name = name_of(vars(endpoint), message, digest)
    return Received(
        name,
        place_of(vars(endpoint), name, digest),
        digest,
        len(message.body),
        keepable_headers(message.headers),
        as_text(message.body),
    )


def _demand_json(request: Request) -> None:
    if not is_json(request.headers.get("content-type", "")):
        raise Refusal(415, "send application/json in UTF-8", code="body.media_type")


history(endpoints, InboundEndpoint)
history(messages, InboundMessage)
router = APIRouter(routes=[*endpoints.routes, *messages.routes, *inbound.routes])
