"""GraphQL of deliveries."""

from typing import Any
from uuid import UUID

import strawberry

from crmkit.web.graphql import (
    Connection,
    Info,
    Output,
    Problem,
    extend,
    filter_of,
    output,
)
from services.webhooks.delivery import commands, queries
from services.webhooks.delivery.models import Delivery
from services.webhooks.delivery.queries import DELIVERIES
from services.webhooks.delivery.schemas import AttemptRead, DeliveryRead, HealthRead
from services.webhooks.endpoint.gql import WebhookEndpoint
from services.webhooks.endpoint.models import Endpoint


@output(AttemptRead)
class WebhookAttempt(Output):
    """One try of one delivery."""


@output(HealthRead)
class WebhookHealth(Output):
    """How an endpoint takes what it is told."""


@output(DeliveryRead, Delivery)
class WebhookDelivery(Output):
    """One event on its way to one endpoint."""

    @strawberry.field
    async def endpoint(self, info: Info) -> WebhookEndpoint | None:
        return await info.context.one(WebhookEndpoint, Endpoint, vars(self)["endpoint_id"])


@filter_of(DELIVERIES)
class WebhookDeliveryFilter: ...


@strawberry.field
async def _health(root: WebhookEndpoint, info: Info) -> WebhookHealth:
    return WebhookHealth.of(await queries.get_health(info.context.reading, vars(root)["id"]))


_shown: Any = _health
extend(WebhookEndpoint, health=_shown)


@strawberry.type
class Query:
    @strawberry.field
    async def webhook_delivery(self, info: Info, id: UUID) -> WebhookDelivery | None:
        return await info.context.one(WebhookDelivery, Delivery, id)

    @strawberry.field
    async def webhook_deliveries(
        self,
        info: Info,
        first: int = 50,
        after: str | None = None,
        filter: WebhookDeliveryFilter | None = None,
        sort: str | None = None,
    ) -> Connection[WebhookDelivery]:
        return await info.context.page(WebhookDelivery, DELIVERIES, first, after, filter, sort)

    @strawberry.field
    async def webhook_attempts(self, info: Info, delivery_id: UUID) -> list[WebhookAttempt]:
        found = await queries.list_attempts(info.context.reading, delivery_id)
        return [WebhookAttempt.of(attempt) for attempt in found]


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def replay_webhook_delivery(self, info: Info, id: UUID) -> WebhookDelivery | Problem:
        return await info.context.change(WebhookDelivery, commands.replay_delivery, id)

    @strawberry.mutation
    async def skip_webhook_delivery(self, info: Info, id: UUID) -> WebhookDelivery | Problem:
        return await info.context.change(WebhookDelivery, commands.skip_delivery, id)
