"""What contracts tells: what was agreed, and what is owed."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from crmkit.events.envelope import Event, State


class ContractState(State):
    """合同 an agreement with an account; figures are cut by what it was signed under: campaign and
    partner are its deal's, `account_tier` is what the account was when it was signed."""

    number: str
    title: str
    status: str
    opportunity_id: UUID | None
    account_id: UUID | None
    amount: Decimal
    currency: str
    product: str
    source: str
    owner_id: UUID
    team: str
    region: str
    drafted_at: datetime
    signed_at: datetime | None
    completed_at: datetime | None
    voided_at: datetime | None
    void_reason: str
    collected: Decimal = Decimal("0.00")
    plan_revision: int = 0
    campaign_id: UUID | None = None
    channel_partner_id: UUID | None = None
    account_tier: str = ""


class InstalmentState(State):
    """分期款 one payment a contract asks for, and how much of it has come in."""

    contract_id: UUID
    sequence: int
    due_on: date
    amount: Decimal
    paid: Decimal
    currency: str
    status: str
    owner_id: UUID
    team: str
    region: str
    paid_at: datetime | None


class ReceiptState(State):
    """回款 money that came in for an instalment."""

    contract_id: UUID
    instalment_id: UUID
    amount: Decimal
    currency: str
    received_at: datetime
    reference: str
    product: str
    source: str
    owner_id: UUID
    team: str
    region: str


class ContractDrafted(Event[ContractState], type="contract.drafted.v1"):
    """A contract was drafted, by hand or because a deal was won."""


class ContractUpdated(Event[ContractState], type="contract.updated.v1"):
    """A draft changed."""


class ContractPlanned(Event[ContractState], type="contract.planned.v1"):
    """分期计划 the instalment plan of a draft was laid down or replaced."""


class ContractSigned(Event[ContractState], type="contract.signed.v1"):
    """合同签订 both sides signed."""


class ContractCollected(Event[ContractState], type="contract.collected.v1"):
    """Money came in; `collected` says how much there is of it by now."""


class ContractCompleted(Event[ContractState], type="contract.completed.v1"):
    """Every instalment of a signed contract is paid."""


class ContractVoided(Event[ContractState], type="contract.voided.v1"):
    """A contract was declared void, with the reason."""


class InstalmentScheduled(Event[InstalmentState], type="instalment.scheduled.v1"):
    """A payment was put into a contract's plan."""


class InstalmentPaid(Event[InstalmentState], type="instalment.paid.v1"):
    """Money came in for an instalment; `status` says whether all of it."""


class InstalmentCancelled(Event[InstalmentState], type="instalment.cancelled.v1"):
    """An unpaid instalment fell away with its contract."""


class ReceiptRecorded(Event[ReceiptState], type="receipt.recorded.v1"):
    """Money came in and was allocated."""
