"""GraphQL of leads."""

from dataclasses import dataclass
from uuid import UUID

import strawberry

from crmkit.components.custom_gql import custom_fields
from crmkit.components.jobs.gql import jobs_of
from crmkit.components.views.gql import views_of
from crmkit.web.graphql import (
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
from services.leads.account import models as account_models
from services.leads.account.gql import Account
from services.leads.campaign import models as campaign_models
from services.leads.campaign.gql import Campaign
from services.leads.contact import models as contact_models
from services.leads.contact.gql import Contact
from services.leads.lead import commands, models
from services.leads.lead.queries import (
    LEAD_FIELD_LIST,
    LEAD_JOBS,
    LEAD_VIEWS,
    LEADS,
    list_duplicates,
)
from services.leads.lead.schemas import (
    ConvertLead,
    DisqualifyLead,
    LeadCreate,
    LeadNamed,
    LeadRead,
    LeadUpdate,
    QualifyLead,
)
from services.leads.matching.queries import list_matches
from services.leads.matching.schemas import LeadCheck, LeadMatchRead, LeadProbe
from services.leads.partner import models as partner_models
from services.leads.partner.gql import ChannelPartner
from services.leads.view.commands import VIEWS
from services.leads.view.gql import TYPES


@strawberry.federation.type(keys=["id"], description="销售机会 a deal.")
class Opportunity(Reference): ...


@output(LeadMatchRead)
class LeadMatch(Output):
    """重复客户 a lead that may be the same customer; its id and names only for who may read it."""


@strawberry.type(description="Who may be the same customer as one that was asked about.")
class LeadMatches:
    items: list[LeadMatch]


@output(LeadRead, models.Lead)
class Lead(Output):
    """线索 someone who may buy."""

    @strawberry.field
    async def account(self, info: Info) -> Account | None:
        return await info.context.one(Account, account_models.Account, vars(self)["account_id"])

    @strawberry.field
    async def channel_partner(self, info: Info) -> ChannelPartner | None:
        return await info.context.one(
            ChannelPartner, partner_models.ChannelPartner, vars(self)["channel_partner_id"]
        )

    @strawberry.field
    async def campaign(self, info: Info) -> Campaign | None:
        return await info.context.one(Campaign, campaign_models.Campaign, vars(self)["campaign_id"])

    @strawberry.field
    async def referrer(self, info: Info) -> Account | None:
        return await info.context.one(Account, account_models.Account, vars(self)["referrer_id"])

    @strawberry.field
    async def contact(self, info: Info) -> Contact | None:
        return await info.context.one(Contact, contact_models.Contact, vars(self)["contact_id"])

    @strawberry.field
    def opportunity(self) -> Opportunity | None:
        return Opportunity.to(vars(self)["opportunity_id"])

    @strawberry.field
    def owner(self) -> Member | None:
        return Member.to(vars(self)["owner_id"])


@input_of(LeadCreate)
class LeadCreateInput: ...


@input_of(LeadUpdate)
class LeadUpdateInput: ...


@input_of(QualifyLead)
class QualifyLeadInput: ...


@input_of(DisqualifyLead)
class DisqualifyLeadInput: ...


@input_of(ConvertLead)
class ConvertLeadInput: ...


@input_of(LeadProbe)
class LeadProbeInput: ...


@input_of(LeadCheck)
class LeadCheckInput: ...


@dataclass
class LeadName:
    """The arguments of a mutation, to be checked as those of an address are."""

    system: str
    external_id: str


@filter_of(LEADS)
class LeadFilter: ...


extend(ChannelPartner, leads=below(Lead, LeadFilter, LEADS, "channel_partner_id"))
extend(Campaign, leads=below(Lead, LeadFilter, LEADS, "campaign_id"))
extend(
    Account,
    leads=below(Lead, LeadFilter, LEADS, "account_id"),
    referred_leads=below(Lead, LeadFilter, LEADS, "referrer_id"),
)


@strawberry.type
class Query:
    @strawberry.field
    async def lead(self, info: Info, id: UUID) -> Lead | None:
        return await info.context.one(Lead, models.Lead, id)

    @strawberry.field
    async def leads(
        self,
        info: Info,
        first: int = 50,
        after: str | None = None,
        filter: LeadFilter | None = None,
        sort: str | None = None,
    ) -> Connection[Lead]:
        return await info.context.page(Lead, LEADS, first, after, filter, sort)

    @strawberry.field
    async def lead_duplicates(self, info: Info, id: UUID) -> list[LeadMatch]:
        found = await list_duplicates(info.context.reading, id)
        return [LeadMatch.of(each) for each in found]

    @strawberry.field
    async def check_leads(self, info: Info, input: LeadCheckInput) -> list[LeadMatches]:
        asked = checked(LeadCheck, input)
        found = await list_matches(info.context.reading, [each.keys() for each in asked.leads])
        return [LeadMatches(items=[*map(LeadMatch.of, each)]) for each in found]


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def create_lead(
        self, info: Info, input: LeadCreateInput, idempotency_key: str | None = None
    ) -> Lead | Problem:
        return await info.context.change(
            Lead,
            commands.create_lead,
            checked(LeadCreate, input),
            idempotency_key=idempotency_key,
        )

    @strawberry.mutation
    async def update_lead(
        self, info: Info, id: UUID, expected_version: int, input: LeadUpdateInput
    ) -> Lead | Problem:
        return await info.context.change(
            Lead,
            commands.update_lead,
            id,
            checked(LeadUpdate, input),
            expected_version=expected_version,
        )

    @strawberry.mutation
    async def put_lead(
        self,
        info: Info,
        system: str,
        external_id: str,
        input: LeadCreateInput,
        expected_version: int | None = None,
    ) -> Lead | Problem:
        named = checked(LeadNamed, LeadName(system, external_id))
        return await info.context.change(
            Lead,
            commands.put_lead,
            named.system,
            named.external_id,
            checked(LeadCreate, input),
            expected_version=expected_version,
        )

    @strawberry.mutation
    async def work_lead(self, info: Info, id: UUID) -> Lead | Problem:
        return await info.context.change(Lead, commands.work_lead, id)

    @strawberry.mutation
    async def qualify_lead(self, info: Info, id: UUID, input: QualifyLeadInput) -> Lead | Problem:
        found = checked(QualifyLead, input)
        return await info.context.change(Lead, commands.qualify_lead, id, found)

    @strawberry.mutation
    async def disqualify_lead(
        self, info: Info, id: UUID, input: DisqualifyLeadInput
    ) -> Lead | Problem:
        why = checked(DisqualifyLead, input)
        return await info.context.change(Lead, commands.disqualify_lead, id, why)

    @strawberry.mutation
    async def reopen_lead(self, info: Info, id: UUID) -> Lead | Problem:
        return await info.context.change(Lead, commands.reopen_lead, id)

    @strawberry.mutation
    async def convert_lead(self, info: Info, id: UUID, input: ConvertLeadInput) -> Lead | Problem:
        deal = checked(ConvertLead, input)
        return await info.context.change(Lead, commands.convert_lead, id, deal)

    @strawberry.mutation
    async def delete_lead(self, info: Info, id: UUID) -> Lead | Problem:
        return await info.context.change(Lead, commands.delete_lead, id)

    @strawberry.mutation
    async def restore_lead(self, info: Info, id: UUID) -> Lead | Problem:
        return await info.context.change(Lead, commands.restore_lead, id)


custom_fields(Query, Mutation, commands.FIELDS, LEAD_FIELD_LIST, "leads")
jobs_of(Query, Mutation, commands.JOBS, LEAD_JOBS, "leads")
views_of(Query, Mutation, TYPES, VIEWS, LEAD_VIEWS)
