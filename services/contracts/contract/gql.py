"""GraphQL of contracts."""

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
from services.contracts.contract import commands, models
from services.contracts.contract.queries import CONTRACTS
from services.contracts.contract.schemas import ContractCreate, ContractRead, ContractUpdate


@output(ContractRead)
class Contract(Output):
    """合同 an agreement with an account."""


@input_of(ContractCreate)
class ContractCreateInput: ...


@input_of(ContractUpdate)
class ContractUpdateInput: ...


@filter_of(CONTRACTS)
class ContractFilter: ...


@strawberry.type
class Query:
    @strawberry.field
    async def contract(self, info: Info, id: UUID) -> Contract | None:
        return await info.context.one(Contract, models.Contract, id)

    @strawberry.field
    async def contracts(
        self,
        info: Info,
        first: int = 50,
        after: str | None = None,
        filter: ContractFilter | None = None,
        sort: str | None = None,
    ) -> Connection[Contract]:
        return await info.context.page(Contract, CONTRACTS, first, after, filter, sort)


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def draft_contract(
        self, info: Info, input: ContractCreateInput, idempotency_key: str | None = None
    ) -> Contract | Problem:
        return await info.context.change(
            Contract,
            commands.draft_contract,
            checked(ContractCreate, input),
            idempotency_key=idempotency_key,
        )

    @strawberry.mutation
    async def update_contract(
        self, info: Info, id: UUID, expected_version: int, input: ContractUpdateInput
    ) -> Contract | Problem:
        return await info.context.change(
            Contract,
            commands.update_contract,
            id,
            checked(ContractUpdate, input),
            expected_version=expected_version,
        )
