"""GraphQL of a tenant's times."""

import strawberry

from crmkit.web.graphql import Info, Output, Problem, checked, input_of, output
from services.leads.terms import commands, models
from services.leads.terms.schemas import LeadTermsPut, LeadTermsRead


@output(LeadTermsRead, models.LeadTerms)
class LeadTerms(Output):
    """响应与保护时限 how long things about leads may take."""


@input_of(LeadTermsPut)
class LeadTermsPutInput: ...


@strawberry.type
class Query:
    @strawberry.field
    async def lead_terms(self, info: Info) -> LeadTerms | None:
        tenant_id = info.context.reading.tenant_id
        return await info.context.one(LeadTerms, models.LeadTerms, tenant_id)


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def put_lead_terms(
        self, info: Info, input: LeadTermsPutInput, expected_version: int | None = None
    ) -> LeadTerms | Problem:
        return await info.context.change(
            LeadTerms,
            commands.put_lead_terms,
            checked(LeadTermsPut, input),
            expected_version=expected_version,
        )
