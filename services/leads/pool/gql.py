"""GraphQL of pools, their rules and who is in them."""

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
from services.leads.pool import commands, models
from services.leads.pool.queries import POOL_MEMBERS, POOL_RULES, POOLS
from services.leads.pool.schemas import (
    PoolCreate,
    PoolMemberCreate,
    PoolMemberRead,
    PoolMemberUpdate,
    PoolRead,
    PoolRuleCreate,
    PoolRuleRead,
    PoolRuleUpdate,
    PoolUpdate,
)


@output(PoolRead, models.Pool)
class Pool(Output):
    """公海 leads that nobody has, and who may claim them."""


@output(PoolRuleRead, models.PoolRule)
class PoolRule(Output):
    """公海规则 the rules of a pool from a day on."""


@output(PoolMemberRead, models.PoolMember)
class PoolMember(Output):
    """公海成员 somebody in a pool."""

    @strawberry.field
    def member(self) -> Member | None:
        return Member.to(vars(self)["member_id"])


@input_of(PoolCreate)
class PoolCreateInput: ...


@input_of(PoolUpdate)
class PoolUpdateInput: ...


@input_of(PoolRuleCreate)
class PoolRuleCreateInput: ...


@input_of(PoolRuleUpdate)
class PoolRuleUpdateInput: ...


@input_of(PoolMemberCreate)
class PoolMemberCreateInput: ...


@input_of(PoolMemberUpdate)
class PoolMemberUpdateInput: ...


@filter_of(POOLS)
class PoolFilter: ...


@filter_of(POOL_RULES)
class PoolRuleFilter: ...


@filter_of(POOL_MEMBERS)
class PoolMemberFilter: ...


extend(Pool, rules=below(PoolRule, PoolRuleFilter, POOL_RULES, "pool_id"))
extend(Pool, members=below(PoolMember, PoolMemberFilter, POOL_MEMBERS, "pool_id"))


@strawberry.type
class Query:
    @strawberry.field
    async def pool(self, info: Info, id: UUID) -> Pool | None:
        return await info.context.one(Pool, models.Pool, id)

    @strawberry.field
    async def pools(
        self,
        info: Info,
        first: int = 50,
        after: str | None = None,
        filter: PoolFilter | None = None,
        sort: str | None = None,
    ) -> Connection[Pool]:
        return await info.context.page(Pool, POOLS, first, after, filter, sort)

    @strawberry.field
    async def pool_rule(self, info: Info, id: UUID) -> PoolRule | None:
        return await info.context.one(PoolRule, models.PoolRule, id)

    @strawberry.field
    async def pool_rules(
        self,
        info: Info,
        first: int = 50,
        after: str | None = None,
        filter: PoolRuleFilter | None = None,
        sort: str | None = None,
    ) -> Connection[PoolRule]:
        return await info.context.page(PoolRule, POOL_RULES, first, after, filter, sort)

    @strawberry.field
    async def pool_member(self, info: Info, id: UUID) -> PoolMember | None:
        return await info.context.one(PoolMember, models.PoolMember, id)

    @strawberry.field
    async def pool_members(
        self,
        info: Info,
        first: int = 50,
        after: str | None = None,
        filter: PoolMemberFilter | None = None,
        sort: str | None = None,
    ) -> Connection[PoolMember]:
        return await info.context.page(PoolMember, POOL_MEMBERS, first, after, filter, sort)


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def create_pool(
        self, info: Info, input: PoolCreateInput, idempotency_key: str | None = None
    ) -> Pool | Problem:
        return await info.context.change(
            Pool, commands.create_pool, checked(PoolCreate, input), idempotency_key=idempotency_key
        )

    @strawberry.mutation
    async def update_pool(
        self, info: Info, id: UUID, expected_version: int, input: PoolUpdateInput
    ) -> Pool | Problem:
        return await info.context.change(
            Pool,
            commands.update_pool,
            id,
            checked(PoolUpdate, input),
            expected_version=expected_version,
        )

    @strawberry.mutation
    async def create_pool_rule(
        self, info: Info, input: PoolRuleCreateInput, idempotency_key: str | None = None
    ) -> PoolRule | Problem:
        return await info.context.change(
            PoolRule,
            commands.create_pool_rule,
            checked(PoolRuleCreate, input),
            idempotency_key=idempotency_key,
        )

    @strawberry.mutation
    async def update_pool_rule(
        self, info: Info, id: UUID, expected_version: int, input: PoolRuleUpdateInput
    ) -> PoolRule | Problem:
        return await info.context.change(
            PoolRule,
            commands.update_pool_rule,
            id,
            checked(PoolRuleUpdate, input),
            expected_version=expected_version,
        )

    @strawberry.mutation
    async def create_pool_member(
        self, info: Info, input: PoolMemberCreateInput, idempotency_key: str | None = None
    ) -> PoolMember | Problem:
        return await info.context.change(
            PoolMember,
            commands.create_pool_member,
            checked(PoolMemberCreate, input),
            idempotency_key=idempotency_key,
        )

    @strawberry.mutation
    async def update_pool_member(
        self, info: Info, id: UUID, expected_version: int, input: PoolMemberUpdateInput
    ) -> PoolMember | Problem:
        return await info.context.change(
            PoolMember,
            commands.update_pool_member,
            id,
            checked(PoolMemberUpdate, input),
            expected_version=expected_version,
        )
