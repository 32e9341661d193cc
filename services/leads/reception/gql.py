"""GraphQL of the registers of visitors and of questions."""

from uuid import UUID

import strawberry

from crmkit.components.jobs.gql import jobs_of
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
from services.leads.lead import models as lead_models
from services.leads.lead.gql import Lead
from services.leads.reception import commands, models
from services.leads.reception.queries import ENQUIRIES, VISIT_JOBS, VISITS
from services.leads.reception.schemas import (
    AnswerEnquiry,
    EnquiryRead,
    EnquiryUpdate,
    RegisterEnquiry,
    RegisterVisit,
    VisitRead,
    VisitUpdate,
)


@output(VisitRead, models.Visit)
class Visit(Output):
    """来访登记 somebody came to a site."""

    @strawberry.field
    async def lead(self, info: Info) -> Lead | None:
        return await info.context.one(Lead, lead_models.Lead, vars(self)["lead_id"])

    @strawberry.field
    def owner(self) -> Member | None:
        return Member.to(vars(self)["owner_id"])


@output(EnquiryRead, models.Enquiry)
class Enquiry(Output):
    """电话咨询 somebody asked by telephone."""

    @strawberry.field
    async def lead(self, info: Info) -> Lead | None:
        return await info.context.one(Lead, lead_models.Lead, vars(self)["lead_id"])

    @strawberry.field
    def owner(self) -> Member | None:
        return Member.to(vars(self)["owner_id"])


@input_of(RegisterVisit)
class RegisterVisitInput: ...


@input_of(VisitUpdate)
class VisitUpdateInput: ...


@input_of(RegisterEnquiry)
class RegisterEnquiryInput: ...


@input_of(EnquiryUpdate)
class EnquiryUpdateInput: ...


@input_of(AnswerEnquiry)
class AnswerEnquiryInput: ...


@filter_of(VISITS)
class VisitFilter: ...


@filter_of(ENQUIRIES)
class EnquiryFilter: ...


extend(Lead, visits=below(Visit, VisitFilter, VISITS, "lead_id"))
extend(Lead, enquiries=below(Enquiry, EnquiryFilter, ENQUIRIES, "lead_id"))


@strawberry.type
class Query:
    @strawberry.field
    async def visit(self, info: Info, id: UUID) -> Visit | None:
        return await info.context.one(Visit, models.Visit, id)

    @strawberry.field
    async def visits(
        self,
        info: Info,
        first: int = 50,
        after: str | None = None,
        filter: VisitFilter | None = None,
        sort: str | None = None,
    ) -> Connection[Visit]:
        return await info.context.page(Visit, VISITS, first, after, filter, sort)

    @strawberry.field
    async def enquiry(self, info: Info, id: UUID) -> Enquiry | None:
        return await info.context.one(Enquiry, models.Enquiry, id)

    @strawberry.field
    async def enquiries(
        self,
        info: Info,
        first: int = 50,
        after: str | None = None,
        filter: EnquiryFilter | None = None,
        sort: str | None = None,
    ) -> Connection[Enquiry]:
        return await info.context.page(Enquiry, ENQUIRIES, first, after, filter, sort)


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def register_visit(
        self, info: Info, input: RegisterVisitInput, idempotency_key: str | None = None
    ) -> Visit | Problem:
        return await info.context.change(
            Visit,
            commands.register_visit,
            checked(RegisterVisit, input),
            idempotency_key=idempotency_key,
        )

    @strawberry.mutation
    async def update_visit(
        self, info: Info, id: UUID, expected_version: int, input: VisitUpdateInput
    ) -> Visit | Problem:
        return await info.context.change(
            Visit,
            commands.update_visit,
            id,
            checked(VisitUpdate, input),
            expected_version=expected_version,
        )

    @strawberry.mutation
    async def register_enquiry(
        self, info: Info, input: RegisterEnquiryInput, idempotency_key: str | None = None
    ) -> Enquiry | Problem:
        return await info.context.change(
            Enquiry,
            commands.register_enquiry,
            checked(RegisterEnquiry, input),
            idempotency_key=idempotency_key,
        )

    @strawberry.mutation
    async def update_enquiry(
        self, info: Info, id: UUID, expected_version: int, input: EnquiryUpdateInput
    ) -> Enquiry | Problem:
        return await info.context.change(
            Enquiry,
            commands.update_enquiry,
            id,
            checked(EnquiryUpdate, input),
            expected_version=expected_version,
        )

    @strawberry.mutation
    async def answer_enquiry(
        self, info: Info, id: UUID, input: AnswerEnquiryInput
    ) -> Enquiry | Problem:
        said = checked(AnswerEnquiry, input)
        return await info.context.change(Enquiry, commands.answer_enquiry, id, said)


jobs_of(Query, Mutation, commands.JOBS, VISIT_JOBS, "visits")
