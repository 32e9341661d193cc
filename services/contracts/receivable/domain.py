"""应收款 what a contract asks for, when, and how much of it has come in."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal

from crmkit.kernel.errors import Conflict, Invalid
from crmkit.kernel.labels import Labelled
from crmkit.kernel.lifecycle import Lifecycle
from crmkit.kernel.money import Money

PAYMENT_TERM = timedelta(days=30)
"""账期 how long after signing the whole amount is due where no plan was laid down."""


class InstalmentStatus(Labelled):
    """Where a payment stands."""

    SCHEDULED = "scheduled", "未回款", "Scheduled"
    PART_PAID = "part_paid", "部分回款", "Part paid"
    PAID = "paid", "已回款", "Paid"
    CANCELLED = "cancelled", "已取消", "Cancelled"


LIFECYCLE = Lifecycle(
    {
        InstalmentStatus.SCHEDULED: frozenset(
            {InstalmentStatus.PART_PAID, InstalmentStatus.PAID, InstalmentStatus.CANCELLED}
        ),
        InstalmentStatus.PART_PAID: frozenset({InstalmentStatus.PART_PAID, InstalmentStatus.PAID}),
        InstalmentStatus.PAID: frozenset(),
        InstalmentStatus.CANCELLED: frozenset(),
    }
)


def due_after(signed_on: date) -> date:
    """The day on which a contract without a plan is to be paid."""
    return signed_on + PAYMENT_TERM


def demand_adds_up(agreed: Money, plan: Iterable[Money]) -> None:
    """Conflict `contract.plan_mismatch` where the instalments are not exactly the amount agreed."""
    total = Money(Decimal(0), agreed.currency)
    try:
        for part in plan:
            total += part
    except ValueError:
        raise _mismatch("the plan is in another currency than the contract") from None
    if total != agreed:
        raise _mismatch(f"the instalments add up to {total.amount}, not to {agreed.amount}")


def demand_amount(amount: Decimal) -> None:
    """Conflict `contract.no_amount` where there is nothing to be paid."""
    if not amount:
        raise Conflict("a contract is signed over an amount", code="contract.no_amount")


def demand_currency(agreed: str, given: str, pointer: str) -> None:
    """Invalid `money.currency` where a payment is in another currency than its contract."""
    if given != agreed:
        raise Invalid.field(pointer, "money.currency", f"the contract is in {agreed}")


def demand_collecting(signed_at: datetime | None, received_at: datetime) -> None:
    """Conflict `contract.not_signed` where money comes in before both sides have signed."""
    if signed_at is None or received_at < signed_at:
        raise Conflict("the contract was not signed by then", code="contract.not_signed")


def demand_unpaid(collected: Decimal) -> None:
    """Conflict `contract.has_receipts` where money has come in already."""
    if collected:
        raise Conflict("money has come in for this contract", code="contract.has_receipts")


def status_after(status: InstalmentStatus, amount: Decimal, paid: Decimal) -> InstalmentStatus:
    """Where the payment stands at `paid`; Conflict `instalment.overpaid` beyond its amount."""
    if paid > amount:
        raise Conflict(
            "that is more than is still owed",
            code="instalment.overpaid",
            extra={"amount": str(amount), "would_be_paid": str(paid)},
        )
    return LIFECYCLE.move(
        status, InstalmentStatus.PAID if paid == amount else InstalmentStatus.PART_PAID
    )


def _mismatch(detail: str) -> Conflict:
    return Conflict(detail, code="contract.plan_mismatch")
