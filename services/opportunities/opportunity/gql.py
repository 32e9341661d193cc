"""GraphQL of opportunities."""

from uuid import UUID

import strawberry

from crmkit.components.custom_gql import custom_fields
from crmkit.components.jobs.gql import jobs_of
from crmkit.components.views.gql import views_of
from crmkit.web.graphql import (
    ONLY_NAMED,
    Connection,
    Info,
    Member,
    Output,
    Problem,
    Reference,
    below,
    checked,
    extend,
    filter_of,
    input_of,
    output,
)
from services.opportunities.catalog import models as catalog_models
from services.opportunities.catalog.gql import Product
from services.opportunities.opportunity import commands, models
from services.opportunities.opportunity.queries import (
    OPPORTUNITIES,
    OPPORTUNITY_FIELD_LIST,
    OPPORTUNITY_JOBS,
    OPPORTUNITY_VIEWS,
)
from services.opportunities.opportunity.schemas import (
    LoseOpportunity,
    MoveStage,
    OpportunityCreate,
    OpportunityRead,
    OpportunityUpdate,
    WinOpportunity,
)
from services.opportunities.pipeline import models as pipeline_models
from services.opportunities.pipeline.gql import Pipeline
from services.opportunities.view.commands import VIEWS
from services.opportunities.view.gql import TYPES


@strawberry.federation.type(keys=["id"], description="客户 an organisation we sell to, or might.")
class Account(Reference): ...


@strawberry.federation.type(keys=[ONLY_NAMED], description="线索 someone who may buy.")
class Lead(Reference): ...


@output(OpportunityRead, models.Opportunity)
class Opportunity(Output):
    """销售机会 a deal."""

    @strawberry.field
    async def pipeline(self, info: Info) -> Pipeline | None:
        pipeline_id: UUID = vars(self)["pipeline_id"]
        return await info.context.one(Pipeline, pipeline_models.Pipeline, pipeline_id)

    @strawberry.field
    async def catalog_product(self, info: Info) -> Product | None:
        return await info.context.one(Product, catalog_models.Product, vars(self)["product_id"])

    @strawberry.field
    def account(self) -> Account | None:
        return Account.to(vars(self)["account_id"])

    @strawberry.field
    def lead(self) -> Lead | None:
        return Lead.to(vars(self)["lead_id"])

    @strawberry.field
    def owner(self) -> Member | None:
        return Member.to(vars(self)["owner_id"])


@input_of(OpportunityCreate)
class OpportunityCreateInput: ...


@input_of(OpportunityUpdate)
class OpportunityUpdateInput: ...


@input_of(MoveStage)
class MoveStageInput: ...


@input_of(WinOpportunity)
class WinOpportunityInput: ...


@input_of(LoseOpportunity)
class LoseOpportunityInput: ...


@filter_of(OPPORTUNITIES)
class OpportunityFilter: ...


extend(Account, opportunities=below(Opportunity, OpportunityFilter, OPPORTUNITIES, "account_id"))


@strawberry.type
class Query:
    @strawberry.field
    async def opportunity(self, info: Info, id: UUID) -> Opportunity | None:
        return await info.context.one(Opportunity, models.Opportunity, id)

    @strawberry.field
    async def opportunities(
        self,
        info: Info,
        first: int = 50,
        after: str | None = None,
        filter: OpportunityFilter | None = None,
        sort: str | None = None,
    ) -> Connection[Opportunity]:
        return await info.context.page(Opportunity, OPPORTUNITIES, first, after, filter, sort)


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def create_opportunity(
        self, info: Info, input: OpportunityCreateInput, idempotency_key: str | None = None
    ) -> Opportunity | Problem:
        return await info.context.change(
            Opportunity,
            commands.create_opportunity,
            checked(OpportunityCreate, input),
            idempotency_key=idempotency_key,
        )

    @strawberry.mutation
    async def update_opportunity(
        self, info: Info, id: UUID, expected_version: int, input: OpportunityUpdateInput
    ) -> Opportunity | Problem:
        return await info.context.change(
            Opportunity,
            commands.update_opportunity,
            id,
            checked(OpportunityUpdate, input),
            expected_version=expected_version,
        )

    @strawberry.mutation
    async def move_stage(
        self, info: Info, id: UUID, input: MoveStageInput
    ) -> Opportunity | Problem:
        to = checked(MoveStage, input)
        return await info.context.change(Opportunity, commands.move_stage, id, to)

    @strawberry.mutation
    async def win_opportunity(
        self, info: Info, id: UUID, input: WinOpportunityInput
    ) -> Opportunity | Problem:
        deal = checked(WinOpportunity, input)
        return await info.context.change(Opportunity, commands.win_opportunity, id, deal)

    @strawberry.mutation
    async def lose_opportunity(
        self, info: Info, id: UUID, input: LoseOpportunityInput
    ) -> Opportunity | Problem:
        why = checked(LoseOpportunity, input)
        return await info.context.change(Opportunity, commands.lose_opportunity, id, why)

    @strawberry.mutation
    async def reopen_opportunity(self, info: Info, id: UUID) -> Opportunity | Problem:
        return await info.context.change(Opportunity, commands.reopen_opportunity, id)

    @strawberry.mutation
    async def delete_opportunity(self, info: Info, id: UUID) -> Opportunity | Problem:
        return await info.context.change(Opportunity, commands.delete_opportunity, id)

    @strawberry.mutation
    async def restore_opportunity(self, info: Info, id: UUID) -> Opportunity | Problem:
        return await info.context.change(Opportunity, commands.restore_opportunity, id)


custom_fields(Query, Mutation, commands.FIELDS, OPPORTUNITY_FIELD_LIST, "opportunities")
jobs_of(Query, Mutation, commands.JOBS, OPPORTUNITY_JOBS, "opportunities")
views_of(Query, Mutation, TYPES, VIEWS, OPPORTUNITY_VIEWS)
