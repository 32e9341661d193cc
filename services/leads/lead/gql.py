"""GraphQL of leads."""

from uuid import UUID

import strawberry

from crmkit.components.custom_schemas import (
    CustomFieldCreate,
    CustomFieldRead,
    CustomFieldUpdate,
)
from crmkit.components.jobs.asking import ask_export
from crmkit.components.jobs.schemas import ExportRequest, JobRead
from crmkit.web.graphql import (
    Connection,
    Info,
    Member,
    Output,
    Problem,
    Reference,
    checked,
    filter_of,
    input_of,
    output,
)
from services.leads.account import models as account_models
from services.leads.account.gql import Account
from services.leads.lead import commands, models
from services.leads.lead.queries import LEAD_FIELD_LIST, LEAD_JOBS, LEADS
from services.leads.lead.schemas import (
    ConvertLead,
    DisqualifyLead,
    LeadCreate,
    LeadRead,
    LeadUpdate,
    QualifyLead,
)


@strawberry.federation.type(keys=["id"], description="销售机会 a deal.")
class Opportunity(Reference): ...


@output(LeadRead, models.Lead)
class Lead(Output):
    """线索 someone who may buy."""

    @strawberry.field
    async def account(self, info: Info) -> Account | None:
        account_id: UUID | None = vars(self)["account_id"]
        if account_id is None:
            return None
        return await info.context.one(Account, account_models.Account, account_id)

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


@filter_of(LEADS)
class LeadFilter: ...


@output(CustomFieldRead)
class LeadField(Output):
    """自定义字段 what a tenant adds to leads."""


@input_of(CustomFieldCreate)
class LeadFieldCreateInput: ...


@input_of(CustomFieldUpdate)
class LeadFieldUpdateInput: ...


@output(JobRead)
class LeadJob(Output):
    """导入导出 an import or export. Files come by REST alone: GraphQL takes no uploads."""


@input_of(ExportRequest)
class LeadExportInput: ...


@filter_of(LEAD_JOBS)
class LeadJobFilter: ...


@filter_of(LEAD_FIELD_LIST)
class LeadFieldFilter: ...


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
    async def lead_field(self, info: Info, id: UUID) -> LeadField | None:
        return await info.context.one(LeadField, models.LeadField, id)

    @strawberry.field
    async def lead_fields(
        self,
        info: Info,
        first: int = 50,
        after: str | None = None,
        filter: LeadFieldFilter | None = None,
        sort: str | None = None,
    ) -> Connection[LeadField]:
        fields = LEAD_FIELD_LIST
        return await info.context.page(LeadField, fields, first, after, filter, sort)

    @strawberry.field
    async def lead_job(self, info: Info, id: UUID) -> LeadJob | None:
        return await info.context.one(LeadJob, models.LeadJob, id)

    @strawberry.field
    async def lead_jobs(
        self,
        info: Info,
        first: int = 50,
        after: str | None = None,
        filter: LeadJobFilter | None = None,
        sort: str | None = None,
    ) -> Connection[LeadJob]:
        return await info.context.page(LeadJob, LEAD_JOBS, first, after, filter, sort)


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

    @strawberry.mutation
    async def create_lead_field(
        self, info: Info, input: LeadFieldCreateInput, idempotency_key: str | None = None
    ) -> LeadField | Problem:
        return await info.context.change(
            LeadField,
            commands.FIELDS.create,
            checked(CustomFieldCreate, input),
            idempotency_key=idempotency_key,
        )

    @strawberry.mutation
    async def update_lead_field(
        self, info: Info, id: UUID, expected_version: int, input: LeadFieldUpdateInput
    ) -> LeadField | Problem:
        return await info.context.change(
            LeadField,
            commands.FIELDS.update,
            id,
            checked(CustomFieldUpdate, input),
            expected_version=expected_version,
        )

    @strawberry.mutation
    async def delete_lead_field(self, info: Info, id: UUID) -> LeadField | Problem:
        return await info.context.change(LeadField, commands.FIELDS.delete, id)

    @strawberry.mutation
    async def export_leads(
        self, info: Info, input: LeadExportInput, idempotency_key: str | None = None
    ) -> LeadJob | Problem:
        asked = await ask_export(info.context.reading, commands.JOBS, checked(ExportRequest, input))
        return await info.context.change(
            LeadJob, commands.JOBS.commands.request, asked, idempotency_key=idempotency_key
        )

    @strawberry.mutation
    async def cancel_lead_job(self, info: Info, id: UUID) -> LeadJob | Problem:
        return await info.context.change(LeadJob, commands.JOBS.commands.cancel, id)

    @strawberry.mutation
    async def undo_lead_import(self, info: Info, id: UUID) -> LeadJob | Problem:
        return await info.context.change(LeadJob, commands.JOBS.commands.undo, id)
