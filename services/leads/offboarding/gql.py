"""GraphQL of off-boardings."""

from uuid import UUID

import strawberry

from crmkit.web.graphql import (
    Connection,
    Info,
    Member,
    Output,
    Problem,
    checked,
    filter_of,
    input_of,
    output,
)
from services.leads.offboarding import commands, models
from services.leads.offboarding.queries import OFFBOARDINGS
from services.leads.offboarding.schemas import (
    DrawUpOffboarding,
    OffboardingRead,
    StartOffboarding,
)


@output(OffboardingRead, models.Offboarding)
class Offboarding(Output):
    """回收客户登记本 what its owner has goes to others."""

    @strawberry.field
    def owner(self) -> Member | None:
        return Member.to(vars(self)["owner_id"])

    @strawberry.field
    def successor(self) -> Member | None:
        return Member.to(vars(self)["successor_id"])


@input_of(DrawUpOffboarding)
class DrawUpOffboardingInput: ...


@input_of(StartOffboarding)
class StartOffboardingInput: ...


@filter_of(OFFBOARDINGS)
class OffboardingFilter: ...


@strawberry.type
class Query:
    @strawberry.field
    async def offboarding(self, info: Info, id: UUID) -> Offboarding | None:
        return await info.context.one(Offboarding, models.Offboarding, id)

    @strawberry.field
    async def offboardings(
        self,
        info: Info,
        first: int = 50,
        after: str | None = None,
        filter: OffboardingFilter | None = None,
        sort: str | None = None,
    ) -> Connection[Offboarding]:
        return await info.context.page(Offboarding, OFFBOARDINGS, first, after, filter, sort)


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def draw_up_offboarding(
        self, info: Info, input: DrawUpOffboardingInput, idempotency_key: str | None = None
    ) -> Offboarding | Problem:
        return await info.context.change(
            Offboarding,
            commands.draw_up_offboarding,
            checked(DrawUpOffboarding, input),
            idempotency_key=idempotency_key,
        )

    @strawberry.mutation
    async def start_offboarding(
        self, info: Info, id: UUID, input: StartOffboardingInput
    ) -> Offboarding | Problem:
        way = checked(StartOffboarding, input)
        return await info.context.change(Offboarding, commands.start_offboarding, id, way)

    @strawberry.mutation
    async def cancel_offboarding(self, info: Info, id: UUID) -> Offboarding | Problem:
        return await info.context.change(Offboarding, commands.cancel_offboarding, id)
