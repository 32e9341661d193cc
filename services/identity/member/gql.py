"""GraphQL of members."""

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
from services.identity.member import commands, models
from services.identity.member.queries import MEMBERS
from services.identity.member.schemas import MemberCreate, MemberRead, MemberUpdate


@output(MemberRead, models.Member)
class Member(Output):
    """A person who works for the tenant."""

    @strawberry.field
    async def manager(self, info: Info) -> "Member | None":
        manager_id: UUID | None = vars(self)["manager_id"]
        return await info.context.one(Member, models.Member, manager_id) if manager_id else None


@input_of(MemberCreate)
class MemberCreateInput: ...


@input_of(MemberUpdate)
class MemberUpdateInput: ...


@filter_of(MEMBERS)
class MemberFilter: ...


@strawberry.type
class Query:
    @strawberry.field
    async def member(self, info: Info, id: UUID) -> Member | None:
        return await info.context.one(Member, models.Member, id)

    @strawberry.field
    async def members(
        self,
        info: Info,
        first: int = 50,
        after: str | None = None,
        filter: MemberFilter | None = None,
        sort: str | None = None,
    ) -> Connection[Member]:
        return await info.context.page(Member, MEMBERS, first, after, filter, sort)


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def create_member(
        self, info: Info, input: MemberCreateInput, idempotency_key: str | None = None
    ) -> Member | Problem:
        return await info.context.change(
            Member,
            commands.create_member,
            checked(MemberCreate, input),
            idempotency_key=idempotency_key,
        )

    @strawberry.mutation
    async def update_member(
        self, info: Info, id: UUID, expected_version: int, input: MemberUpdateInput
    ) -> Member | Problem:
        return await info.context.change(
            Member,
            commands.update_member,
            id,
            checked(MemberUpdate, input),
            expected_version=expected_version,
        )

    @strawberry.mutation
    async def deactivate_member(self, info: Info, id: UUID) -> Member | Problem:
        return await info.context.change(Member, commands.deactivate_member, id)

    @strawberry.mutation
    async def reactivate_member(self, info: Info, id: UUID) -> Member | Problem:
        return await info.context.change(Member, commands.reactivate_member, id)
