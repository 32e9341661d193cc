"""GraphQL of erasures."""

from uuid import UUID

import strawberry

from crmkit.web.graphql import (
    Connection,
    Info,
    Member,
    Output,
    Problem,
    checked,
    filter_of,
    input_of,
    output,
)
from services.leads.account.gql import Account
from services.leads.contact.gql import Contact
from services.leads.erasure import commands, models
from services.leads.erasure.queries import ERASURES
from services.leads.erasure.schemas import EraseRecord, ErasureRead
from services.leads.lead.gql import Lead


@output(ErasureRead, models.Erasure)
class Erasure(Output):
    """删除登记 that somebody's data was erased, and on what ground."""

    @strawberry.field
    def owner(self) -> Member | None:
        return Member.to(vars(self)["owner_id"])


@input_of(EraseRecord)
class EraseRecordInput: ...


@filter_of(ERASURES)
class ErasureFilter: ...


@strawberry.type
class Query:
    @strawberry.field
    async def erasure(self, info: Info, id: UUID) -> Erasure | None:
        return await info.context.one(Erasure, models.Erasure, id)

    @strawberry.field
    async def erasures(
        self,
        info: Info,
        first: int = 50,
        after: str | None = None,
        filter: ErasureFilter | None = None,
        sort: str | None = None,
    ) -> Connection[Erasure]:
        return await info.context.page(Erasure, ERASURES, first, after, filter, sort)


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def erase_contact(
        self, info: Info, id: UUID, input: EraseRecordInput, expected_version: int | None = None
    ) -> Contact | Problem:
        return await info.context.change(
            Contact,
            commands.erase_contact,
            id,
            checked(EraseRecord, input),
            expected_version=expected_version,
        )

    @strawberry.mutation
    async def erase_lead(
        self, info: Info, id: UUID, input: EraseRecordInput, expected_version: int | None = None
    ) -> Lead | Problem:
        return await info.context.change(
            Lead,
            commands.erase_lead,
            id,
            checked(EraseRecord, input),
            expected_version=expected_version,
        )

    @strawberry.mutation
    async def erase_account(
        self, info: Info, id: UUID, input: EraseRecordInput, expected_version: int | None = None
    ) -> Account | Problem:
        return await info.context.change(
            Account,
            commands.erase_account,
            id,
            checked(EraseRecord, input),
            expected_version=expected_version,
        )
