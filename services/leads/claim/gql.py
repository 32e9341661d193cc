"""GraphQL of what lies in pools, and how leads come into them, to somebody, and back."""

from uuid import UUID

import strawberry

from crmkit.web.graphql import (
    Connection,
    Info,
    Member,
    Output,
    Problem,
    checked,
    connection,
    filter_of,
    input_of,
    output,
)
from crmkit.web.graphql.shapes import filters
from services.leads.claim import commands, queries
from services.leads.claim.queries import POOL_LEADS
from services.leads.claim.schemas import (
    Allocate,
    GiveBack,
    LeadCustodyRead,
    PoolLeadRead,
    PutIntoPool,
    TakeBack,
)
from services.leads.lead.gql import Lead


@output(PoolLeadRead)
class PoolLead(Output):
    """A lead that lies in a pool; whom to call is null until somebody has claimed it, where the
    pool's rules say so."""


@output(LeadCustodyRead)
class LeadCustody(Output):
    """Who has a lead of a pool and for how long."""

    @strawberry.field
    def owner(self) -> Member | None:
        return Member.to(vars(self)["owner_id"])


@input_of(PutIntoPool)
class PutIntoPoolInput: ...


@input_of(GiveBack)
class GiveBackInput: ...


@input_of(TakeBack)
class TakeBackInput: ...


@input_of(Allocate)
class AllocateInput: ...


@filter_of(POOL_LEADS)
class PoolLeadFilter: ...


@strawberry.type
class Query:
    @strawberry.field
    async def pool_leads(
        self,
        info: Info,
        pool_id: UUID,
        first: int = 50,
        after: str | None = None,
        filter: PoolLeadFilter | None = None,
        sort: str | None = None,
    ) -> Connection[PoolLead]:
        wanted = POOL_LEADS.wanted(filters(filter), sort, first, after)
        found = await queries.find_pool_leads(info.context.reading, pool_id, wanted)
        return connection(found, PoolLead.of, PoolLead.shows(frozenset()))


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def claim_lead(self, info: Info, id: UUID) -> Lead | Problem:
        return await info.context.change(Lead, commands.claim_lead, id)

    @strawberry.mutation
    async def claim_next(self, info: Info, pool_id: UUID) -> Lead | Problem:
        return await info.context.change(Lead, commands.claim_next, pool_id)

    @strawberry.mutation
    async def put_lead_into_pool(
        self, info: Info, id: UUID, input: PutIntoPoolInput
    ) -> LeadCustody | Problem:
        where = checked(PutIntoPool, input)
        return await info.context.change(LeadCustody, commands.put_into_pool, id, where)

    @strawberry.mutation
    async def give_lead_back(
        self, info: Info, id: UUID, input: GiveBackInput
    ) -> LeadCustody | Problem:
        why = checked(GiveBack, input)
        return await info.context.change(LeadCustody, commands.give_back, id, why)

    @strawberry.mutation
    async def take_lead_back(
        self, info: Info, id: UUID, input: TakeBackInput
    ) -> LeadCustody | Problem:
        why = checked(TakeBack, input)
        return await info.context.change(LeadCustody, commands.take_back, id, why)

    @strawberry.mutation
    async def allocate_lead(
        self, info: Info, id: UUID, input: AllocateInput
    ) -> LeadCustody | Problem:
        to = checked(Allocate, input)
        return await info.context.change(LeadCustody, commands.allocate_lead, id, to)

    @strawberry.mutation
    async def protect_lead(self, info: Info, id: UUID) -> LeadCustody | Problem:
        return await info.context.change(LeadCustody, commands.protect_lead, id)

    @strawberry.mutation
    async def unprotect_lead(self, info: Info, id: UUID) -> LeadCustody | Problem:
        return await info.context.change(LeadCustody, commands.unprotect_lead, id)
