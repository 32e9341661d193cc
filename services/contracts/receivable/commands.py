"""Every change of what is owed.

The contract's row stands for the set of its instalments: whoever changes one of them changes it
too, so that two changes at once never rest on one state, and it is read first, so that all writers
lock in one order.
"""

from itertools import zip_longest
from operator import attrgetter
from typing import Any
from uuid import UUID

from crmkit.components.directory import tenant
from crmkit.db.writing import Tx
from crmkit.events.contracts import (
    ContractCollected,
    ContractCompleted,
    ContractPlanned,
    ContractSigned,
    ContractVoided,
    InstalmentCancelled,
    InstalmentPaid,
    InstalmentScheduled,
    ReceiptRecorded,
)
from crmkit.fields import given
from crmkit.kernel.money import Money
from crmkit.kernel.period import day_of
from services.contracts.contract import domain as contracts
from services.contracts.contract.domain import ContractStatus
from services.contracts.contract.models import Contract
from services.contracts.contract.queries import tier_of
from services.contracts.receivable import queries
from services.contracts.receivable.domain import (
    LIFECYCLE,
    InstalmentStatus,
    demand_adds_up,
    demand_amount,
    demand_collecting,
    demand_currency,
    demand_unpaid,
    due_after,
    status_after,
)
from services.contracts.receivable.models import Instalment, Receipt
from services.contracts.receivable.schemas import (
    InstalmentPlan,
    PlannedInstalment,
    RecordReceipt,
    SignContract,
    VoidContract,
)


async def plan_instalments(tx: Tx, contract_id: UUID, wanted: InstalmentPlan) -> Contract:
    """Lay down when a draft is to be paid, in place of the plan there was."""
    contract = await tx.take(Contract, contract_id, "plan")
    contracts.demand_draft(contract.status)
    for n, each in enumerate(wanted.instalments):
        pointer = f"instalments/{n}/amount/currency"
        demand_currency(contract.currency, each.amount.currency, pointer)
    standing = await queries.list_plan(tx, contract.id)
    asked = sorted(wanted.instalments, key=attrgetter("due_on"))
    for sequence, (old, new) in enumerate(zip_longest(standing, asked), 1):
        _replan(tx, contract, sequence, old, new)
    return tx.update(contract, ContractPlanned, plan_revision=contract.plan_revision + 1)


async def sign_contract(tx: Tx, contract_id: UUID, terms: SignContract) -> Contract:
    """合同签订 sign over the amount; without a plan, all of it is due 30 days later."""
    contract = await tx.take(Contract, contract_id, "sign")
    status = contracts.LIFECYCLE.move(contract.status, ContractStatus.SIGNED)
    tx.follow(contract.drafted_at)
    contracts.demand_order(contract.drafted_at, tx.occurred_at)
    agreed = given(terms) if terms.amount else {}
    agreed |= {"signed_at": tx.occurred_at, "account_tier": await tier_of(tx, contract.account_id)}
    signed = tx.update(contract, ContractSigned, status=status, **agreed)
    demand_amount(signed.amount)
    standing = await queries.list_plan(tx, contract.id)
    if standing:
        plan = (Money(each.amount, each.currency) for each in standing)
        demand_adds_up(Money(signed.amount, signed.currency), plan)
    else:
        zone = (await tenant(tx)).zone
        due_on = due_after(day_of(tx.occurred_at, zone))
        _schedule(tx, signed, 1, due_on=due_on, amount=signed.amount, currency=signed.currency)
    for each in standing:
        tx.update(each, InstalmentScheduled, **_cut(signed))
    return signed


async def void_contract(tx: Tx, contract_id: UUID, why: VoidContract) -> Contract:
    """合同作废 declare a contract void for which no money has come in; nothing is owed then."""
    contract = await tx.take(Contract, contract_id, "void")
    status = contracts.LIFECYCLE.move(contract.status, ContractStatus.VOIDED)
    before = contract.signed_at or contract.drafted_at
    tx.follow(before)
    contracts.demand_order(before, tx.occurred_at)
    demand_unpaid(contract.collected)
    for each in await queries.list_plan(tx, contract.id):
        _cancel(tx, each)
    return tx.update(
        contract,
        ContractVoided,
        status=status,
        voided_at=tx.occurred_at,
        void_reason=why.reason,
    )


async def record_receipt(tx: Tx, instalment_id: UUID, money: RecordReceipt) -> Receipt:
    """回款 take in money for an instalment; the last of it completes the contract."""
    contract = await queries.get_contract_of(tx, instalment_id)
    instalment = await tx.take(Instalment, instalment_id)
    demand_currency(contract.currency, money.amount.currency, "amount/currency")
    paid = instalment.paid + money.amount.amount
    status = status_after(instalment.status, instalment.amount, paid)
    tx.follow(contract.signed_at or contract.drafted_at)
    demand_collecting(contract.signed_at, tx.occurred_at)
    paid_at = tx.occurred_at if status is InstalmentStatus.PAID else None
    tx.update(instalment, InstalmentPaid, paid=paid, status=status, paid_at=paid_at)
    _collect(tx, contract, money)
    return tx.create(
        Receipt,
        ReceiptRecorded,
        **given(money),
        **_cut(contract),
        contract_id=contract.id,
        instalment_id=instalment.id,
        received_at=tx.occurred_at,
        product=contract.product,
        source=contract.source,
    )


def _collect(tx: Tx, contract: Contract, money: RecordReceipt) -> None:
    collected = contract.collected + money.amount.amount
    contract = tx.update(contract, ContractCollected, collected=collected)
    if collected == contract.amount:
        status = contracts.LIFECYCLE.move(contract.status, ContractStatus.COMPLETED)
        tx.update(contract, ContractCompleted, status=status, completed_at=tx.occurred_at)


def _replan(
    tx: Tx,
    contract: Contract,
    sequence: int,
    old: Instalment | None,
    new: PlannedInstalment | None,
) -> None:
    if new is None:
        if old is not None:
            _cancel(tx, old)
    elif old is None:
        _schedule(tx, contract, sequence, **given(new))
    else:
        tx.update(old, InstalmentScheduled, **given(new))


def _schedule(tx: Tx, contract: Contract, sequence: int, **terms: Any) -> None:
    tx.create(
        Instalment,
        InstalmentScheduled,
        contract_id=contract.id,
        sequence=sequence,
        status=InstalmentStatus.SCHEDULED,
        **terms,
        **_cut(contract),
    )


def _cancel(tx: Tx, instalment: Instalment) -> None:
    status = LIFECYCLE.move(instalment.status, InstalmentStatus.CANCELLED)
    tx.update(instalment, InstalmentCancelled, status=status)


def _cut(contract: Contract) -> dict[str, Any]:
    """What figures are cut by, as the contract has it."""
    return {"owner_id": contract.owner_id, "team": contract.team, "region": contract.region}
