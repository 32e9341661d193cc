"""GraphQL of what is owed, and of signing and voiding a contract."""

from uuid import UUID

import strawberry

from crmkit.web.graphql import (
    Connection,
    Info,
    Output,
    Problem,
    below,
    checked,
    extend,
    filter_of,
    input_of,
    output,
)
from services.contracts.contract import models as contract_models
from services.contracts.contract.gql import Contract
from services.contracts.receivable import commands, models
from services.contracts.receivable.queries import INSTALMENTS, RECEIPTS
from services.contracts.receivable.schemas import (
    InstalmentPlan,
    InstalmentRead,
    Payment,
    PlannedInstalment,
    ReceiptRead,
    RecordReceipt,
    SignContract,
    VoidContract,
)


@output(InstalmentRead, models.Instalment)
class Instalment(Output):
    """分期款 one payment a contract asks for."""

    @strawberry.field
    async def contract(self, info: Info) -> Contract | None:
        contract_id: UUID = vars(self)["contract_id"]
        return await info.context.one(Contract, contract_models.Contract, contract_id)


@output(ReceiptRead, models.Receipt)
class Receipt(Output):
    """回款 money that came in for an instalment."""

    @strawberry.field
    async def instalment(self, info: Info) -> Instalment | None:
        instalment_id: UUID = vars(self)["instalment_id"]
        return await info.context.one(Instalment, models.Instalment, instalment_id)


@input_of(Payment)
class PaymentInput: ...


@input_of(PlannedInstalment)
class PlannedInstalmentInput: ...


@input_of(InstalmentPlan)
class InstalmentPlanInput: ...


@input_of(SignContract)
class SignContractInput: ...


@input_of(VoidContract)
class VoidContractInput: ...


@input_of(RecordReceipt)
class RecordReceiptInput: ...


@filter_of(INSTALMENTS)
class InstalmentFilter: ...


@filter_of(RECEIPTS)
class ReceiptFilter: ...


extend(Contract, instalments=below(Instalment, InstalmentFilter, INSTALMENTS, "contract_id"))
extend(Contract, receipts=below(Receipt, ReceiptFilter, RECEIPTS, "contract_id"))
extend(Instalment, receipts=below(Receipt, ReceiptFilter, RECEIPTS, "instalment_id"))


@strawberry.type
class Query:
    @strawberry.field
    async def instalment(self, info: Info, id: UUID) -> Instalment | None:
        return await info.context.one(Instalment, models.Instalment, id)

    @strawberry.field
    async def instalments(
        self,
        info: Info,
        first: int = 50,
        after: str | None = None,
        filter: InstalmentFilter | None = None,
        sort: str | None = None,
    ) -> Connection[Instalment]:
        return await info.context.page(Instalment, INSTALMENTS, first, after, filter, sort)

    @strawberry.field
    async def receipt(self, info: Info, id: UUID) -> Receipt | None:
        return await info.context.one(Receipt, models.Receipt, id)

    @strawberry.field
    async def receipts(
        self,
        info: Info,
        first: int = 50,
        after: str | None = None,
        filter: ReceiptFilter | None = None,
        sort: str | None = None,
    ) -> Connection[Receipt]:
        return await info.context.page(Receipt, RECEIPTS, first, after, filter, sort)


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def plan_instalments(
        self,
        info: Info,
        contract_id: UUID,
        input: InstalmentPlanInput,
        expected_version: int | None = None,
    ) -> Contract | Problem:
        return await info.context.change(
            Contract,
            commands.plan_instalments,
            contract_id,
            checked(InstalmentPlan, input),
            expected_version=expected_version,
        )

    @strawberry.mutation
    async def sign_contract(
        self, info: Info, id: UUID, input: SignContractInput
    ) -> Contract | Problem:
        terms = checked(SignContract, input)
        return await info.context.change(Contract, commands.sign_contract, id, terms)

    @strawberry.mutation
    async def void_contract(
        self, info: Info, id: UUID, input: VoidContractInput
    ) -> Contract | Problem:
        why = checked(VoidContract, input)
        return await info.context.change(Contract, commands.void_contract, id, why)

    @strawberry.mutation
    async def record_receipt(
        self,
        info: Info,
        instalment_id: UUID,
        input: RecordReceiptInput,
        idempotency_key: str | None = None,
    ) -> Receipt | Problem:
        return await info.context.change(
            Receipt,
            commands.record_receipt,
            instalment_id,
            checked(RecordReceipt, input),
            idempotency_key=idempotency_key,
        )
