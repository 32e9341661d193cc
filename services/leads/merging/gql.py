"""GraphQL of merges."""

from uuid import UUID

import strawberry

from crmkit.web.graphql import Info, Problem, checked, input_of
from services.leads.lead.gql import Lead
from services.leads.merging import commands
from services.leads.merging.schemas import MergeChoice, MergeLeads


@input_of(MergeChoice)
class MergeChoiceInput: ...


@input_of(MergeLeads)
class MergeLeadsInput: ...


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def merge_leads(
        self, info: Info, id: UUID, input: MergeLeadsInput, idempotency_key: str | None = None
    ) -> Lead | Problem:
        return await info.context.change(
            Lead,
            commands.merge_leads,
            id,
            checked(MergeLeads, input),
            idempotency_key=idempotency_key,
        )

    @strawberry.mutation
    async def unmerge_leads(self, info: Info, id: UUID) -> Lead | Problem:
        return await info.context.change(Lead, commands.unmerge_leads, id)
