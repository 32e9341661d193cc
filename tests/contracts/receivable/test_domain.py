from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import product

import pytest

from crmkit.kernel.errors import Conflict, Invalid
from crmkit.kernel.money import Money
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

_ALLOWED = {
    ("scheduled", "part_paid"),
    ("scheduled", "paid"),
    ("scheduled", "cancelled"),
    ("part_paid", "part_paid"),
    ("part_paid", "paid"),
}
_SIGNED_AT = datetime(2026, 11, 22, 9, tzinfo=UTC)
_HUNDRED = Decimal("100.00")


def _yuan(amount: str) -> Money:
    return Money(Decimal(amount), "CNY")


@pytest.mark.parametrize(("current", "target"), list(product(InstalmentStatus, InstalmentStatus)))
def test_an_instalment_moves_only_as_the_lifecycle_allows(
    current: InstalmentStatus, target: InstalmentStatus
) -> None:
    if (current.value, target.value) in _ALLOWED:
        assert LIFECYCLE.move(current, target) is target
    else:
        with pytest.raises(Conflict, match="cannot become"):
            LIFECYCLE.move(current, target)


def test_without_a_plan_all_is_due_thirty_days_after_signing() -> None:
    assert due_after(date(2026, 11, 22)) == date(2026, 12, 22)


def test_a_plan_adds_up_to_the_cent() -> None:
    demand_adds_up(_yuan("100.00"), [_yuan("33.33"), _yuan("33.33"), _yuan("33.34")])


@pytest.mark.parametrize(
    "plan",
    [
        [_yuan("33.33")] * 3,
        [_yuan("100.01")],
        [],
        [_yuan("50.00"), Money(Decimal("50.00"), "EUR")],
    ],
)
def test_a_plan_that_is_not_the_amount_is_refused(plan: list[Money]) -> None:
    with pytest.raises(Conflict) as refused:
        demand_adds_up(_yuan("100.00"), plan)
    assert refused.value.code == "contract.plan_mismatch"


@pytest.mark.parametrize(
    ("status", "paid", "after"),
    [
        (InstalmentStatus.SCHEDULED, "0.01", "part_paid"),
        (InstalmentStatus.SCHEDULED, "100.00", "paid"),
        (InstalmentStatus.PART_PAID, "99.99", "part_paid"),
        (InstalmentStatus.PART_PAID, "100.00", "paid"),
    ],
)
def test_an_instalment_is_paid_when_all_has_come_in(
    status: InstalmentStatus, paid: str, after: str
) -> None:
    assert status_after(status, _HUNDRED, Decimal(paid)) == after


@pytest.mark.parametrize("status", InstalmentStatus)
def test_an_instalment_never_takes_more_than_it_asks_for(status: InstalmentStatus) -> None:
    with pytest.raises(Conflict) as refused:
        status_after(status, _HUNDRED, Decimal("100.01"))
    assert refused.value.code == "instalment.overpaid"


def test_a_cancelled_instalment_takes_no_money() -> None:
    with pytest.raises(Conflict) as refused:
        status_after(InstalmentStatus.CANCELLED, _HUNDRED, Decimal("1.00"))
    assert refused.value.code == "lifecycle.illegal"


def test_money_comes_in_only_once_both_sides_have_signed() -> None:
    demand_collecting(_SIGNED_AT, _SIGNED_AT)
    for signed_at in (None, _SIGNED_AT + timedelta(seconds=1)):
        with pytest.raises(Conflict) as refused:
            demand_collecting(signed_at, _SIGNED_AT)
        assert refused.value.code == "contract.not_signed"


def test_nothing_cannot_be_signed_over() -> None:
    demand_amount(Decimal("0.01"))
    with pytest.raises(Conflict):
        demand_amount(Decimal("0.00"))


def test_a_contract_with_money_in_stays() -> None:
    demand_unpaid(Decimal("0.00"))
    with pytest.raises(Conflict):
        demand_unpaid(Decimal("0.01"))


def test_a_payment_is_in_the_currency_of_its_contract() -> None:
    demand_currency("CNY", "CNY", "amount")
    with pytest.raises(Invalid) as refused:
        demand_currency("CNY", "EUR", "amount/currency")
    assert refused.value.faults[0].pointer == "/amount/currency"
