"""GraphQL of contracts."""

from types import SimpleNamespace
from uuid import UUID

import strawberry

from crmkit.db.children import Below
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
from services.contracts.contract import commands, models
from services.contracts.contract.domain import ContractStatus
from services.contracts.contract.queries import CONTRACTS
from services.contracts.contract.schemas import ContractCreate, ContractRead, ContractUpdate

_OF_OPPORTUNITY = Below(CONTRACTS, "opportunity_id")
_IN_FORCE = SimpleNamespace(
    status=[each for each in ContractStatus if each != ContractStatus.VOIDED]
)


@strawberry.federation.type(keys=["id"], description="销售机会 a deal.")
class Opportunity(Reference):
    @strawberry.field
    async def contract(self, info: Info) -> "Contract | None":
        """The one that is not voided, of which there is at most one."""
        wanted = (_OF_OPPORTUNITY, self.id)
        found = await info.context.children(Contract, wanted, 1, filter=_IN_FORCE)
        return next(iter(found.nodes), None)


@strawberry.federation.type(keys=["id"], description="客户 an organisation we sell to, or might.")
class Account(Reference): ...


@output(ContractRead, models.Contract)
class Contract(Output):
    """合同 an agreement with an account."""

    @strawberry.field
    def opportunity(self) -> Opportunity | None:
        return Opportunity.to(vars(self)["opportunity_id"])

    @strawberry.field
    def account(self) -> Account | None:
        return Account.to(vars(self)["account_id"])

    @strawberry.field
    def owner(self) -> Member | None:
        return Member.to(vars(self)["owner_id"])


@input_of(ContractCreate)
class ContractCreateInput: ...


@input_of(ContractUpdate)
class ContractUpdateInput: ...


@filter_of(CONTRACTS)
class ContractFilter: ...


ENTITIES = (Opportunity, Account)
extend(Opportunity, contracts=below(Contract, ContractFilter, CONTRACTS, "opportunity_id"))
extend(Account, contracts=below(Contract, ContractFilter, CONTRACTS, "account_id"))


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
