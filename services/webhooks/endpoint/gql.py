"""GraphQL of endpoints."""

from uuid import UUID

import strawberry

from crmkit.web.graphql import (
    Connection,
    Info,
    Output,
    Problem,
    checked,
    filter_of,
    input_of,
    output,
)
from services.webhooks.endpoint import commands
from services.webhooks.endpoint.models import Endpoint
from services.webhooks.endpoint.queries import ENDPOINTS
from services.webhooks.endpoint.schemas import (
    EndpointCreate,
    EndpointRead,
    EndpointSecretRead,
    EndpointUpdate,
    RotateSecret,
)


@output(EndpointRead, Endpoint)
class WebhookEndpoint(Output):
    """Where a partner wants to be told."""


@output(EndpointSecretRead)
class WebhookEndpointSecret(Output):
    """An endpoint with its new secret, which is shown this once."""


@input_of(EndpointCreate)
class WebhookEndpointCreateInput: ...


@input_of(EndpointUpdate)
class WebhookEndpointUpdateInput: ...


@input_of(RotateSecret)
class RotateSecretInput: ...


@filter_of(ENDPOINTS)
class WebhookEndpointFilter: ...


@strawberry.type
class Query:
    @strawberry.field
    async def webhook_endpoint(self, info: Info, id: UUID) -> WebhookEndpoint | None:
        return await info.context.one(WebhookEndpoint, Endpoint, id)

    @strawberry.field
    async def webhook_endpoints(
        self,
        info: Info,
        first: int = 50,
        after: str | None = None,
        filter: WebhookEndpointFilter | None = None,
        sort: str | None = None,
    ) -> Connection[WebhookEndpoint]:
        return await info.context.page(WebhookEndpoint, ENDPOINTS, first, after, filter, sort)


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def create_webhook_endpoint(
        self, info: Info, input: WebhookEndpointCreateInput, idempotency_key: str | None = None
    ) -> WebhookEndpointSecret | Problem:
        new = checked(EndpointCreate, input)
        commands.demand_elsewhere(new.url, str(info.context.edge.request.url))
        return await info.context.change(
            WebhookEndpointSecret,
            commands.create_endpoint,
            new,
            idempotency_key=idempotency_key,
        )

    @strawberry.mutation
    async def update_webhook_endpoint(
        self, info: Info, id: UUID, expected_version: int, input: WebhookEndpointUpdateInput
    ) -> WebhookEndpoint | Problem:
        patch = checked(EndpointUpdate, input)
        if patch.url:
            commands.demand_elsewhere(patch.url, str(info.context.edge.request.url))
        return await info.context.change(
            WebhookEndpoint,
            commands.update_endpoint,
            id,
            patch,
            expected_version=expected_version,
        )

    @strawberry.mutation
    async def pause_webhook_endpoint(self, info: Info, id: UUID) -> WebhookEndpoint | Problem:
        return await info.context.change(WebhookEndpoint, commands.pause_endpoint, id)

    @strawberry.mutation
    async def resume_webhook_endpoint(self, info: Info, id: UUID) -> WebhookEndpoint | Problem:
        return await info.context.change(WebhookEndpoint, commands.resume_endpoint, id)

    @strawberry.mutation
    async def test_webhook_endpoint(self, info: Info, id: UUID) -> WebhookEndpoint | Problem:
        return await info.context.change(WebhookEndpoint, commands.test_endpoint, id)

    @strawberry.mutation
    async def rotate_webhook_secret(
        self, info: Info, id: UUID, input: RotateSecretInput
    ) -> WebhookEndpointSecret | Problem:
        how = checked(RotateSecret, input)
        return await info.context.change(WebhookEndpointSecret, commands.rotate_secret, id, how)

    @strawberry.mutation
    async def revoke_webhook_secret(
        self, info: Info, id: UUID, secret_id: UUID
    ) -> WebhookEndpoint | Problem:
        return await info.context.change(WebhookEndpoint, commands.revoke_secret, id, secret_id)

    @strawberry.mutation
    async def delete_webhook_endpoint(self, info: Info, id: UUID) -> WebhookEndpoint | Problem:
        return await info.context.change(WebhookEndpoint, commands.delete_endpoint, id)
