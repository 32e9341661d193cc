"""GraphQL of campaigns and their costs."""

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
from services.leads.campaign import commands, models, schemas
from services.leads.campaign.queries import CAMPAIGNS, COSTS, find_tree
from services.leads.campaign.schemas import (
    CampaignCostRead,
    CampaignCreate,
    CampaignRead,
    CampaignUpdate,
    CancelCampaign,
    CorrectCost,
    Expense,
    RecordCost,
)


@output(schemas.CampaignNode)
class CampaignNode(Output):
    """One campaign of a tree, with what is its own; the one asked for stands at level 0."""


@output(schemas.CampaignTotal)
class CampaignTotal(Output):
    """What all of a tree have been given and have spent in one currency."""


@strawberry.type
class CampaignTree:
    """Level by level, each by name; `truncated` where there are more than 1,000."""

    items: list[CampaignNode]
    truncated: bool
    totals: list[CampaignTotal]
    sources: list[str]


@output(CampaignRead, models.Campaign)
class Campaign(Output):
    """营销活动 what is done so that people hear of us, or a plan 营销推广方案 of it."""

    @strawberry.field
    async def parent(self, info: Info) -> "Campaign | None":
        return await info.context.one(Campaign, models.Campaign, vars(self)["parent_id"])

    @strawberry.field
    async def tree(self, info: Info) -> CampaignTree:
        found = await find_tree(info.context.reading, vars(self)["id"])
        return CampaignTree(
            items=[*map(CampaignNode.of, found.nodes)],
            truncated=found.truncated,
            totals=[*map(CampaignTotal.of, found.totals)],
            sources=found.sources,
        )

    @strawberry.field
    def owner(self) -> Member | None:
        return Member.to(vars(self)["owner_id"])


@output(CampaignCostRead, models.CampaignCost)
class CampaignCost(Output):
    """推广费用 one cost of a campaign."""

    @strawberry.field
    async def campaign(self, info: Info) -> Campaign | None:
        return await info.context.one(Campaign, models.Campaign, vars(self)["campaign_id"])


@input_of(Expense)
class ExpenseInput: ...


@input_of(CampaignCreate)
class CampaignCreateInput: ...


@input_of(CampaignUpdate)
class CampaignUpdateInput: ...


@input_of(CancelCampaign)
class CancelCampaignInput: ...


@input_of(RecordCost)
class RecordCostInput: ...


@input_of(CorrectCost)
class CorrectCostInput: ...


@filter_of(CAMPAIGNS)
class CampaignFilter: ...


@filter_of(COSTS)
class CampaignCostFilter: ...


extend(Campaign, costs=below(CampaignCost, CampaignCostFilter, COSTS, "campaign_id"))
extend(Campaign, children=below(Campaign, CampaignFilter, CAMPAIGNS, "parent_id"))


@strawberry.type
class Query:
    @strawberry.field
    async def campaign(self, info: Info, id: UUID) -> Campaign | None:
        return await info.context.one(Campaign, models.Campaign, id)

    @strawberry.field
    async def campaigns(
        self,
        info: Info,
        first: int = 50,
        after: str | None = None,
        filter: CampaignFilter | None = None,
        sort: str | None = None,
    ) -> Connection[Campaign]:
        return await info.context.page(Campaign, CAMPAIGNS, first, after, filter, sort)

    @strawberry.field
    async def campaign_cost(self, info: Info, id: UUID) -> CampaignCost | None:
        return await info.context.one(CampaignCost, models.CampaignCost, id)

    @strawberry.field
    async def campaign_costs(
        self,
        info: Info,
        first: int = 50,
        after: str | None = None,
        filter: CampaignCostFilter | None = None,
        sort: str | None = None,
    ) -> Connection[CampaignCost]:
        return await info.context.page(CampaignCost, COSTS, first, after, filter, sort)


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def create_campaign(
        self, info: Info, input: CampaignCreateInput, idempotency_key: str | None = None
    ) -> Campaign | Problem:
        return await info.context.change(
            Campaign,
            commands.create_campaign,
            checked(CampaignCreate, input),
            idempotency_key=idempotency_key,
        )

    @strawberry.mutation
    async def update_campaign(
        self, info: Info, id: UUID, expected_version: int, input: CampaignUpdateInput
    ) -> Campaign | Problem:
        return await info.context.change(
            Campaign,
            commands.update_campaign,
            id,
            checked(CampaignUpdate, input),
            expected_version=expected_version,
        )

    @strawberry.mutation
    async def approve_campaign(self, info: Info, id: UUID) -> Campaign | Problem:
        return await info.context.change(Campaign, commands.approve_campaign, id)

    @strawberry.mutation
    async def revise_campaign(self, info: Info, id: UUID) -> Campaign | Problem:
        return await info.context.change(Campaign, commands.revise_campaign, id)

    @strawberry.mutation
    async def start_campaign(self, info: Info, id: UUID) -> Campaign | Problem:
        return await info.context.change(Campaign, commands.start_campaign, id)

    @strawberry.mutation
    async def end_campaign(self, info: Info, id: UUID) -> Campaign | Problem:
        return await info.context.change(Campaign, commands.end_campaign, id)

    @strawberry.mutation
    async def cancel_campaign(
        self, info: Info, id: UUID, input: CancelCampaignInput
    ) -> Campaign | Problem:
        why = checked(CancelCampaign, input)
        return await info.context.change(Campaign, commands.cancel_campaign, id, why)

    @strawberry.mutation
    async def record_campaign_cost(
        self,
        info: Info,
        campaign_id: UUID,
        input: RecordCostInput,
        idempotency_key: str | None = None,
    ) -> CampaignCost | Problem:
        return await info.context.change(
            CampaignCost,
            commands.record_cost,
            campaign_id,
            checked(RecordCost, input),
            idempotency_key=idempotency_key,
        )

    @strawberry.mutation
    async def correct_campaign_cost(
        self, info: Info, id: UUID, expected_version: int, input: CorrectCostInput
    ) -> CampaignCost | Problem:
        return await info.context.change(
            CampaignCost,
            commands.correct_cost,
            id,
            checked(CorrectCost, input),
            expected_version=expected_version,
        )

    @strawberry.mutation
    async def delete_campaign_cost(self, info: Info, id: UUID) -> CampaignCost | Problem:
        return await info.context.change(CampaignCost, commands.delete_cost, id)
