"""GraphQL of check lists of sites."""

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
from services.leads.campaign.gql import Campaign
from services.leads.site import commands, models
from services.leads.site.queries import SITE_CHECKLISTS
from services.leads.site.schemas import (
    CheckItem,
    SiteChecklistCreate,
    SiteChecklistRead,
    SiteChecklistUpdate,
    SiteItem,
)


@output(SiteChecklistRead, models.SiteChecklist)
class SiteChecklist(Output):
    """销售现场准备 what has to be there before visitors come, and who saw to it."""

    @strawberry.field
    def owner(self) -> Member | None:
        return Member.to(vars(self)["owner_id"])


@input_of(SiteItem)
class SiteItemInput: ...


@input_of(SiteChecklistCreate)
class SiteChecklistCreateInput: ...


@input_of(SiteChecklistUpdate)
class SiteChecklistUpdateInput: ...


@input_of(CheckItem)
class CheckItemInput: ...


@filter_of(SITE_CHECKLISTS)
class SiteChecklistFilter: ...


extend(
    Campaign,
    site_checklists=below(SiteChecklist, SiteChecklistFilter, SITE_CHECKLISTS, "campaign_id"),
)


@strawberry.type
class Query:
    @strawberry.field
    async def site_checklist(self, info: Info, id: UUID) -> SiteChecklist | None:
        return await info.context.one(SiteChecklist, models.SiteChecklist, id)

    @strawberry.field
    async def site_checklists(
        self,
        info: Info,
        first: int = 50,
        after: str | None = None,
        filter: SiteChecklistFilter | None = None,
        sort: str | None = None,
    ) -> Connection[SiteChecklist]:
        return await info.context.page(SiteChecklist, SITE_CHECKLISTS, first, after, filter, sort)


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def create_site_checklist(
        self, info: Info, input: SiteChecklistCreateInput, idempotency_key: str | None = None
    ) -> SiteChecklist | Problem:
        return await info.context.change(
            SiteChecklist,
            commands.create_site_checklist,
            checked(SiteChecklistCreate, input),
            idempotency_key=idempotency_key,
        )

    @strawberry.mutation
    async def update_site_checklist(
        self, info: Info, id: UUID, expected_version: int, input: SiteChecklistUpdateInput
    ) -> SiteChecklist | Problem:
        return await info.context.change(
            SiteChecklist,
            commands.update_site_checklist,
            id,
            checked(SiteChecklistUpdate, input),
            expected_version=expected_version,
        )

    @strawberry.mutation
    async def check_site_item(
        self, info: Info, id: UUID, input: CheckItemInput
    ) -> SiteChecklist | Problem:
        said = checked(CheckItem, input)
        return await info.context.change(SiteChecklist, commands.check_site_item, id, said)
