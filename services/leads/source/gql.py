"""GraphQL of the catalogue of sources."""

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
from services.leads.source import commands, models
from services.leads.source.queries import SOURCES
from services.leads.source.schemas import (
    LeadSourceCreate,
    LeadSourceRead,
    LeadSourceUpdate,
    SourceRulePut,
    SourceRuleRead,
)


@output(LeadSourceRead, models.LeadSource)
class LeadSource(Output):
    """客户来源 an entry of a tenant's catalogue of sources."""


@output(SourceRuleRead, models.SourceRule)
class SourceRule(Output):
    """Whether a lead's source has to be in the catalogue."""


@input_of(LeadSourceCreate)
class LeadSourceCreateInput: ...


@input_of(LeadSourceUpdate)
class LeadSourceUpdateInput: ...


@input_of(SourceRulePut)
class SourceRulePutInput: ...


@filter_of(SOURCES)
class LeadSourceFilter: ...


@strawberry.type
class Query:
    @strawberry.field
    async def lead_source(self, info: Info, id: UUID) -> LeadSource | None:
        return await info.context.one(LeadSource, models.LeadSource, id)

    @strawberry.field
    async def lead_sources(
        self,
        info: Info,
        first: int = 50,
        after: str | None = None,
        filter: LeadSourceFilter | None = None,
        sort: str | None = None,
    ) -> Connection[LeadSource]:
        return await info.context.page(LeadSource, SOURCES, first, after, filter, sort)

    @strawberry.field
    async def source_rule(self, info: Info) -> SourceRule | None:
        tenant_id = info.context.reading.tenant_id
        return await info.context.one(SourceRule, models.SourceRule, tenant_id)


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def create_lead_source(
        self, info: Info, input: LeadSourceCreateInput, idempotency_key: str | None = None
    ) -> LeadSource | Problem:
        return await info.context.change(
            LeadSource,
            commands.create_source,
            checked(LeadSourceCreate, input),
            idempotency_key=idempotency_key,
        )

    @strawberry.mutation
    async def update_lead_source(
        self, info: Info, id: UUID, expected_version: int, input: LeadSourceUpdateInput
    ) -> LeadSource | Problem:
        return await info.context.change(
            LeadSource,
            commands.update_source,
            id,
            checked(LeadSourceUpdate, input),
            expected_version=expected_version,
        )

    @strawberry.mutation
    async def put_source_rule(
        self, info: Info, input: SourceRulePutInput, expected_version: int | None = None
    ) -> SourceRule | Problem:
        return await info.context.change(
            SourceRule,
            commands.put_source_rule,
            checked(SourceRulePut, input),
            expected_version=expected_version,
        )
