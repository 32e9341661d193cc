from datetime import UTC, datetime

import pytest

from crmkit.kernel import ids
from crmkit.kernel.errors import Conflict
from services.leads.account.domain import (
    DEEPEST,
    LIFECYCLE,
    AccountLifecycle,
    demand_lost,
    demand_no_cycle,
    demand_shallow,
    interested,
    signed,
)

GROUP, BRANCH, SHOP = ids.new(), ids.new(), ids.new()
PROSPECT, INTERESTED, CUSTOMER, LOST = AccountLifecycle
MAY, JUNE = datetime(2026, 5, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC)


def test_an_account_may_stand_below_others() -> None:
    demand_no_cycle(SHOP, [BRANCH, GROUP])
    demand_no_cycle(SHOP, [])


@pytest.mark.parametrize("above", [[SHOP], [BRANCH, SHOP], [BRANCH, GROUP, SHOP]])
def test_no_account_stands_above_itself(above: list[object]) -> None:
    with pytest.raises(Conflict) as refused:
        demand_no_cycle(SHOP, above)  # type: ignore[arg-type]  # plain ids do
    assert refused.value.code == "account.cycle"


@pytest.mark.parametrize(("above", "below"), [(0, DEEPEST), (DEEPEST - 1, 1), (4, 6)])
def test_a_tree_may_have_so_many_levels(above: int, below: int) -> None:
    demand_shallow(above, below)
    with pytest.raises(Conflict) as refused:
        demand_shallow(above + 1, below)
    assert refused.value.code == "account.too_deep"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (PROSPECT, INTERESTED),
        (INTERESTED, INTERESTED),
        (CUSTOMER, CUSTOMER),
        (LOST, INTERESTED),
    ],
)
def test_interest_warms_up_who_is_cold(before: AccountLifecycle, after: AccountLifecycle) -> None:
    assert interested(before, MAY, JUNE) is after
    assert interested(before, None, JUNE) is after


def test_who_was_lost_after_they_showed_interest_stays_lost() -> None:
    assert interested(LOST, JUNE, MAY) is LOST
    assert interested(PROSPECT, JUNE, MAY) is INTERESTED


@pytest.mark.parametrize("before", AccountLifecycle)
def test_a_contract_makes_a_customer_of_anybody(before: AccountLifecycle) -> None:
    assert signed(before, MAY, JUNE) is CUSTOMER
    assert signed(before, MAY, MAY) is CUSTOMER
    assert signed(before, None, MAY) is CUSTOMER


@pytest.mark.parametrize("before", AccountLifecycle)
def test_a_contract_of_before_it_was_lost_does_not_bring_an_account_back(
    before: AccountLifecycle,
) -> None:
    assert signed(before, JUNE, MAY) is (LOST if before is LOST else CUSTOMER)


def test_every_account_can_be_lost_once_and_only_a_lost_one_is_won_back() -> None:
    for state in AccountLifecycle:
        assert (LOST in LIFECYCLE.moves[state]) is (state is not LOST)
    demand_lost(LOST)
    for state in (PROSPECT, INTERESTED, CUSTOMER):
        with pytest.raises(Conflict) as refused:
            demand_lost(state)
        assert refused.value.code == "account.not_lost"


def test_nobody_is_a_mere_prospect_again() -> None:
    assert all(PROSPECT not in moves for moves in LIFECYCLE.moves.values())
