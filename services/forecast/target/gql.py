"""GraphQL of targets."""

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
from services.forecast.target import commands, models
from services.forecast.target.queries import TARGETS
from services.forecast.target.schemas import SetTarget, TargetRead


@output(TargetRead, models.Target)
class Target(Output):
    """销售目标 what one owner is to win in one period."""

    @strawberry.field
    def owner(self) -> Member | None:
        return Member.to(vars(self)["owner_id"])


@input_of(SetTarget)
class SetTargetInput: ...


@filter_of(TARGETS)
class TargetFilter: ...


@strawberry.type
class Query:
    @strawberry.field
    async def target(self, info: Info, id: UUID) -> Target | None:
        return await info.context.one(Target, models.Target, id)

    @strawberry.field
    async def targets(
        self,
        info: Info,
        first: int = 50,
        after: str | None = None,
        filter: TargetFilter | None = None,
        sort: str | None = None,
    ) -> Connection[Target]:
        return await info.context.page(Target, TARGETS, first, after, filter, sort)


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def set_target(
        self,
        info: Info,
        period: str,
        owner_id: UUID,
        input: SetTargetInput,
        idempotency_key: str | None = None,
    ) -> Target | Problem:
        return await info.context.change(
            Target,
            commands.set_target,
            period,
            owner_id,
            checked(SetTarget, input),
            idempotency_key=idempotency_key,
        )

    @strawberry.mutation
    async def change_target(
        self, info: Info, id: UUID, expected_version: int, input: SetTargetInput
    ) -> Target | Problem:
        return await info.context.change(
            Target,
            commands.change_target,
            id,
            checked(SetTarget, input),
            expected_version=expected_version,
        )
