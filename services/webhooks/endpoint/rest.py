"""REST of endpoints."""

from uuid import UUID

from fastapi import APIRouter, Response

from crmkit.components.enums import enums
from crmkit.components.history import history
from crmkit.web.answers import Page
from crmkit.web.edge import Edge, Matched
from services.webhooks.endpoint import commands
from services.webhooks.endpoint.domain import EndpointStatus, Payload
from services.webhooks.endpoint.models import Endpoint
from services.webhooks.endpoint.queries import ENDPOINTS
from services.webhooks.endpoint.schemas import (
    EndpointCreate,
    EndpointRead,
    EndpointSecretRead,
    EndpointUpdate,
    RotateSecret,
)

router = APIRouter(prefix="/v1/webhook-endpoints", tags=["webhooks"])
enums(router, {"status": EndpointStatus, "payload": Payload})


@router.post("", status_code=201, response_model=EndpointSecretRead)
async def create_endpoint(new: EndpointCreate, edge: Edge) -> Response:
    commands.demand_elsewhere(new.url, str(edge.request.url))
    return edge.created(EndpointSecretRead, await edge.write(commands.create_endpoint, new))


@router.get("", response_model=Page[EndpointRead], openapi_extra=ENDPOINTS.openapi())
async def list_endpoints(edge: Edge) -> Response:
    found = await ENDPOINTS.find(edge.reading, edge.listing(ENDPOINTS))
    return edge.page(EndpointRead, Endpoint, found)


@router.get("/{endpoint_id}", response_model=EndpointRead)
async def get_endpoint(endpoint_id: UUID, edge: Edge) -> Response:
    return edge.shown(EndpointRead, await edge.get(Endpoint, endpoint_id))


@router.patch("/{endpoint_id}", response_model=EndpointRead)
async def update_endpoint(endpoint_id: UUID, patch: EndpointUpdate, edge: Matched) -> Response:
    if patch.url:
        commands.demand_elsewhere(patch.url, str(edge.request.url))
    changed = await edge.write(commands.update_endpoint, endpoint_id, patch)
    return edge.changed(EndpointRead, changed)


@router.post("/{endpoint_id}/pause", response_model=EndpointRead)
async def pause_endpoint(endpoint_id: UUID, edge: Edge) -> Response:
    return edge.changed(EndpointRead, await edge.write(commands.pause_endpoint, endpoint_id))


@router.post("/{endpoint_id}/resume", response_model=EndpointRead)
async def resume_endpoint(endpoint_id: UUID, edge: Edge) -> Response:
    return edge.changed(EndpointRead, await edge.write(commands.resume_endpoint, endpoint_id))


@router.post("/{endpoint_id}/test", response_model=EndpointRead)
async def test_endpoint(endpoint_id: UUID, edge: Edge) -> Response:
    return edge.changed(EndpointRead, await edge.write(commands.test_endpoint, endpoint_id))


@router.delete("/{endpoint_id}/secrets/{secret_id}", response_model=EndpointRead)
async def revoke_secret(endpoint_id: UUID, secret_id: UUID, edge: Edge) -> Response:
    revoked = await edge.write(commands.revoke_secret, endpoint_id, secret_id)
    return edge.changed(EndpointRead, revoked)


@router.post(
    "/{endpoint_id}/secrets/rotate",
    response_model=EndpointSecretRead,
    operation_id="rotate_endpoint_secret",
)
@router.post("/{endpoint_id}/rotate-secret", response_model=EndpointSecretRead, deprecated=True)
async def rotate_secret(endpoint_id: UUID, how: RotateSecret, edge: Edge) -> Response:
    rotated = await edge.write(commands.rotate_secret, endpoint_id, how)
    return edge.changed(EndpointSecretRead, rotated)


@router.delete("/{endpoint_id}", status_code=204)
async def delete_endpoint(endpoint_id: UUID, edge: Edge) -> Response:
    await edge.write(commands.delete_endpoint, endpoint_id)
    return edge.gone()


history(router, Endpoint)
