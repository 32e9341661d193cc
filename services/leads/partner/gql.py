"""GraphQL of channel partners."""

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
from services.leads.account import models as account_models
from services.leads.account.gql import Account
from services.leads.partner import commands, models
from services.leads.partner.queries import CHANNEL_PARTNERS
from services.leads.partner.schemas import (
    AssessChannelPartner,
    ChannelPartnerCreate,
    ChannelPartnerRead,
    ChannelPartnerUpdate,
    EndChannelPartner,
)


@output(ChannelPartnerRead, models.ChannelPartner)
class ChannelPartner(Output):
    """渠道商、代理商 a company that sells for us, or might."""

    @strawberry.field
    async def account(self, info: Info) -> Account | None:
        return await info.context.one(Account, account_models.Account, vars(self)["account_id"])

    @strawberry.field
    def owner(self) -> Member | None:
        return Member.to(vars(self)["owner_id"])


@input_of(ChannelPartnerCreate)
class ChannelPartnerCreateInput: ...


@input_of(ChannelPartnerUpdate)
class ChannelPartnerUpdateInput: ...


@input_of(AssessChannelPartner)
class AssessChannelPartnerInput: ...


@input_of(EndChannelPartner)
class EndChannelPartnerInput: ...


@filter_of(CHANNEL_PARTNERS)
class ChannelPartnerFilter: ...


extend(
    Account,
    channel_partners=below(ChannelPartner, ChannelPartnerFilter, CHANNEL_PARTNERS, "account_id"),
)


@strawberry.type
class Query:
    @strawberry.field
    async def channel_partner(self, info: Info, id: UUID) -> ChannelPartner | None:
        return await info.context.one(ChannelPartner, models.ChannelPartner, id)

    @strawberry.field
    async def channel_partners(
        self,
        info: Info,
        first: int = 50,
        after: str | None = None,
        filter: ChannelPartnerFilter | None = None,
        sort: str | None = None,
    ) -> Connection[ChannelPartner]:
        return await info.context.page(ChannelPartner, CHANNEL_PARTNERS, first, after, filter, sort)


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def create_channel_partner(
        self, info: Info, input: ChannelPartnerCreateInput, idempotency_key: str | None = None
    ) -> ChannelPartner | Problem:
        return await info.context.change(
            ChannelPartner,
            commands.create_channel_partner,
            checked(ChannelPartnerCreate, input),
            idempotency_key=idempotency_key,
        )

    @strawberry.mutation
    async def update_channel_partner(
        self, info: Info, id: UUID, expected_version: int, input: ChannelPartnerUpdateInput
    ) -> ChannelPartner | Problem:
        return await info.context.change(
            ChannelPartner,
            commands.update_channel_partner,
            id,
            checked(ChannelPartnerUpdate, input),
            expected_version=expected_version,
        )

    @strawberry.mutation
    async def assess_channel_partner(
        self, info: Info, id: UUID, input: AssessChannelPartnerInput
    ) -> ChannelPartner | Problem:
        found = checked(AssessChannelPartner, input)
        return await info.context.change(ChannelPartner, commands.assess_channel_partner, id, found)

    @strawberry.mutation
    async def sign_channel_partner(self, info: Info, id: UUID) -> ChannelPartner | Problem:
        return await info.context.change(ChannelPartner, commands.sign_channel_partner, id)

    @strawberry.mutation
    async def activate_channel_partner(self, info: Info, id: UUID) -> ChannelPartner | Problem:
        return await info.context.change(ChannelPartner, commands.activate_channel_partner, id)

    @strawberry.mutation
    async def end_channel_partner(
        self, info: Info, id: UUID, input: EndChannelPartnerInput
    ) -> ChannelPartner | Problem:
        why = checked(EndChannelPartner, input)
        return await info.context.change(ChannelPartner, commands.end_channel_partner, id, why)
