"""REST of deliveries."""

from uuid import UUID

from fastapi import APIRouter, Response

from crmkit.components.enums import enums
from crmkit.web.answers import Page
from crmkit.web.edge import Edge
from services.webhooks.delivery import commands, queries
from services.webhooks.delivery.domain import DeliveryState
from services.webhooks.delivery.models import Delivery
from services.webhooks.delivery.queries import DELIVERIES
from services.webhooks.delivery.schemas import AttemptRead, Attempts, DeliveryRead, HealthRead

_deliveries = APIRouter(prefix="/v1/webhook-deliveries", tags=["webhooks"])
_endpoints = APIRouter(prefix="/v1/webhook-endpoints", tags=["webhooks"])
enums(_deliveries, {"state": DeliveryState})


@_deliveries.get("", response_model=Page[DeliveryRead], openapi_extra=DELIVERIES.openapi())
async def list_deliveries(edge: Edge) -> Response:
    found = await DELIVERIES.find(edge.reading, edge.listing(DELIVERIES))
    return edge.page(DeliveryRead, Delivery, found)


@_deliveries.get("/{delivery_id}", response_model=DeliveryRead)
async def get_delivery(delivery_id: UUID, edge: Edge) -> Response:
    return edge.shown(DeliveryRead, await edge.get(Delivery, delivery_id))


@_deliveries.get("/{delivery_id}/attempts", response_model=Attempts)
async def list_attempts(delivery_id: UUID, edge: Edge) -> Response:
    found = await queries.list_attempts(edge.reading, delivery_id)
    return edge.plain({"items": [AttemptRead.of(attempt) for attempt in found]})


@_deliveries.post("/{delivery_id}/skip", response_model=DeliveryRead)
async def skip_delivery(delivery_id: UUID, edge: Edge) -> Response:
    return edge.changed(DeliveryRead, await edge.write(commands.skip_delivery, delivery_id))


@_deliveries.post("/{delivery_id}/replay", response_model=DeliveryRead)
async def replay_delivery(delivery_id: UUID, edge: Edge) -> Response:
    return edge.changed(DeliveryRead, await edge.write(commands.replay_delivery, delivery_id))


@_endpoints.get("/{endpoint_id}/health", response_model=HealthRead)
async def get_health(endpoint_id: UUID, edge: Edge) -> Response:
    return edge.plain(HealthRead.of(await queries.get_health(edge.reading, endpoint_id)))


router = APIRouter(routes=[*_deliveries.routes, *_endpoints.routes])
