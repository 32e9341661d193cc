"""GraphQL of due diligence."""

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
from services.leads.due_diligence import commands, models
from services.leads.due_diligence.queries import DUE_DILIGENCE
from services.leads.due_diligence.schemas import (
    CompleteDueDiligence,
    DueDiligenceRead,
    RequestDueDiligence,
)


@output(DueDiligenceRead, models.DueDiligence)
class DueDiligence(Output):
    """尽职调查 what was found out about an account."""

    @strawberry.field
    async def account(self, info: Info) -> Account | None:
        account_id: UUID = vars(self)["account_id"]
        return await info.context.one(Account, account_models.Account, account_id)

    @strawberry.field
    def owner(self) -> Member | None:
        return Member.to(vars(self)["owner_id"])


@input_of(RequestDueDiligence)
class RequestDueDiligenceInput: ...


@input_of(CompleteDueDiligence)
class CompleteDueDiligenceInput: ...


@filter_of(DUE_DILIGENCE)
class DueDiligenceFilter: ...


extend(
    Account,
    due_diligences=below(DueDiligence, DueDiligenceFilter, DUE_DILIGENCE, "account_id"),
)


@strawberry.type
class Query:
    @strawberry.field
    async def due_diligence(self, info: Info, id: UUID) -> DueDiligence | None:
        return await info.context.one(DueDiligence, models.DueDiligence, id)

    @strawberry.field
    async def due_diligences(
        self,
        info: Info,
        first: int = 50,
        after: str | None = None,
        filter: DueDiligenceFilter | None = None,
        sort: str | None = None,
    ) -> Connection[DueDiligence]:
        return await info.context.page(DueDiligence, DUE_DILIGENCE, first, after, filter, sort)


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def request_due_diligence(
        self, info: Info, input: RequestDueDiligenceInput, idempotency_key: str | None = None
    ) -> DueDiligence | Problem:
        return await info.context.change(
            DueDiligence,
            commands.request_due_diligence,
            checked(RequestDueDiligence, input),
            idempotency_key=idempotency_key,
        )

    @strawberry.mutation
    async def complete_due_diligence(
        self, info: Info, id: UUID, input: CompleteDueDiligenceInput
    ) -> DueDiligence | Problem:
        found = checked(CompleteDueDiligence, input)
        return await info.context.change(DueDiligence, commands.complete_due_diligence, id, found)

    @strawberry.mutation
    async def cancel_due_diligence(self, info: Info, id: UUID) -> DueDiligence | Problem:
        return await info.context.change(DueDiligence, commands.cancel_due_diligence, id)
