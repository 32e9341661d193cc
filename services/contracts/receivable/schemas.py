"""What comes in and goes out."""

from uuid import UUID

from pydantic import Field

from crmkit.fields import Amount, Day, Instant, Label, MoneyIn, MoneyOut, Name, Strict
from crmkit.web.answers import Read
from services.contracts.receivable.domain import InstalmentStatus

_MOST_INSTALMENTS = 60


class Payment(MoneyIn):
    """An amount of more than nothing."""

    amount: Amount = Field(gt=0)


class PlannedInstalment(Strict):
    due_on: Day
    amount: Payment


class InstalmentPlan(Strict):
    """分期计划 the whole plan; it takes the place of the one there was."""

    instalments: list[PlannedInstalment] = Field(min_length=1, max_length=_MOST_INSTALMENTS)


class SignContract(Strict):
    """What was agreed in the end; without `amount`, what the draft says."""

    amount: Payment | None = None


class VoidContract(Strict):
    reason: Name


class RecordReceipt(Strict):
    """`received_at` comes from `Occurred-At`, or is now; `reference` is the bank's."""

    amount: Payment
    reference: Label = ""


class InstalmentRead(Read):
    id: UUID
    version: int
    contract_id: UUID
    sequence: int
    due_on: Day
    amount: MoneyOut
    paid: MoneyOut
    status: InstalmentStatus
    owner_id: UUID
    team: str
    region: str
    paid_at: Instant | None
    created_at: Instant
    updated_at: Instant


class ReceiptRead(Read):
    id: UUID
    version: int
    contract_id: UUID
    instalment_id: UUID
    amount: MoneyOut
    received_at: Instant
    reference: str
    product: str
    source: str
    owner_id: UUID
    team: str
    region: str
    created_at: Instant
    updated_at: Instant
