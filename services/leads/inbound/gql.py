"""GraphQL of inbound endpoints. Nobody sends messages by GraphQL, which asks everybody for a
token."""

from typing import Any, Self
from uuid import UUID

import strawberry

from crmkit.web.graphql import (
    Connection,
    Info,
    Member,
    Output,
    Problem,
    below,
    checked,
    extend,
    filter_of,
    input_of,
    output,
)
from services.leads.inbound import commands, models, queries
from services.leads.inbound.queries import INBOUND_ENDPOINTS, INBOUND_MESSAGES
from services.leads.inbound.schemas import (
    InboundDayRead,
    InboundEndpointCreate,
    InboundEndpointRead,
    InboundEndpointUpdate,
    InboundField,
    InboundMessageRead,
    RotateInboundKey,
    RotateInboundSecret,
)
from services.leads.lead import models as lead_models
from services.leads.lead.gql import Lead


@output(InboundDayRead)
class InboundDay(Output):
    """What came to an endpoint on a day."""


@output(InboundEndpointRead, models.InboundEndpoint)
class InboundEndpoint(Output):
    """推送接入 where another system sends us leads."""

    @strawberry.field
    def owner(self) -> Member | None:
        return Member.to(vars(self)["owner_id"])

    @strawberry.field
    async def days(self, info: Info) -> list[InboundDay]:
        """How many messages came on the last 30 days on which any did."""
        found = await queries.list_days(info.context.reading, vars(self)["id"])
        return [InboundDay.of(each) for each in found]


@output(InboundEndpointRead)
class InboundEndpointKey(Output):
    """An endpoint with its key and secret as far as they are new, which are shown this once."""

    key: str | None
    secret: str | None

    @classmethod
    def of(cls, source: Any, masks: frozenset[str] = frozenset()) -> Self:
        made = super().of(source, masks)
        vars(made).update({name: vars(source).get(name) for name in ("key", "secret")})
        return made


@output(InboundMessageRead, models.InboundMessage)
class InboundMessage(Output):
    """A message that another system signed, and what became of it."""

    @strawberry.field
    async def endpoint(self, info: Info) -> InboundEndpoint | None:
        found = vars(self)["endpoint_id"]
        return await info.context.one(InboundEndpoint, models.InboundEndpoint, found)

    @strawberry.field
    async def lead(self, info: Info) -> Lead | None:
        return await info.context.one(Lead, lead_models.Lead, vars(self)["lead_id"])


@input_of(InboundField)
class InboundFieldInput: ...


@input_of(InboundEndpointCreate)
class InboundEndpointCreateInput: ...


@input_of(InboundEndpointUpdate)
class InboundEndpointUpdateInput: ...


@input_of(RotateInboundKey)
class RotateInboundKeyInput: ...


@input_of(RotateInboundSecret)
class RotateInboundSecretInput: ...


@filter_of(INBOUND_ENDPOINTS)
class InboundEndpointFilter: ...


@filter_of(INBOUND_MESSAGES)
class InboundMessageFilter: ...


extend(
    InboundEndpoint,
    messages=below(InboundMessage, InboundMessageFilter, INBOUND_MESSAGES, "endpoint_id"),
)


@strawberry.type
class Query:
    @strawberry.field
    async def inbound_endpoint(self, info: Info, id: UUID) -> InboundEndpoint | None:
        return await info.context.one(InboundEndpoint, models.InboundEndpoint, id)

    @strawberry.field
    async def inbound_endpoints(
        self,
        info: Info,
        first: int = 50,
        after: str | None = None,
        filter: InboundEndpointFilter | None = None,
        sort: str | None = None,
    ) -> Connection[InboundEndpoint]:
        return await info.context.page(
            InboundEndpoint, INBOUND_ENDPOINTS, first, after, filter, sort
        )

    @strawberry.field
    async def inbound_message(self, info: Info, id: UUID) -> InboundMessage | None:
        return await info.context.one(InboundMessage, models.InboundMessage, id)

    @strawberry.field
    async def inbound_messages(
        self,
        info: Info,
        first: int = 50,
        after: str | None = None,
        filter: InboundMessageFilter | None = None,
        sort: str | None = None,
    ) -> Connection[InboundMessage]:
        return await info.context.page(InboundMessage, INBOUND_MESSAGES, first, after, filter, sort)


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def create_inbound_endpoint(
        self, info: Info, input: InboundEndpointCreateInput, idempotency_key: str | None = None
    ) -> InboundEndpointKey | Problem:
        return await info.context.change(
            InboundEndpointKey,
            commands.create_inbound_endpoint,
            checked(InboundEndpointCreate, input),
            idempotency_key=idempotency_key,
        )

    @strawberry.mutation
    async def update_inbound_endpoint(
        self, info: Info, id: UUID, expected_version: int, input: InboundEndpointUpdateInput
    ) -> InboundEndpoint | Problem:
        return await info.context.change(
            InboundEndpoint,
            commands.update_inbound_endpoint,
            id,
            checked(InboundEndpointUpdate, input),
            expected_version=expected_version,
        )

    @strawberry.mutation
    async def rotate_inbound_key(
        self, info: Info, id: UUID, input: RotateInboundKeyInput
    ) -> InboundEndpointKey | Problem:
        how = checked(RotateInboundKey, input)
        return await info.context.change(InboundEndpointKey, commands.rotate_inbound_key, id, how)

    @strawberry.mutation
    async def rotate_inbound_secret(
        self, info: Info, id: UUID, input: RotateInboundSecretInput
    ) -> InboundEndpointKey | Problem:
        how = checked(RotateInboundSecret, input)
        return await info.context.change(
            InboundEndpointKey, commands.rotate_inbound_secret, id, how
        )

    @strawberry.mutation
    async def revoke_inbound_endpoint(self, info: Info, id: UUID) -> InboundEndpoint | Problem:
        return await info.context.change(InboundEndpoint, commands.revoke_inbound_endpoint, id)

    @strawberry.mutation
    async def replay_inbound_message(self, info: Info, id: UUID) -> InboundMessage | Problem:
        return await info.context.change(InboundMessage, commands.replay_message, id)
