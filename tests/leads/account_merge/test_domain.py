from datetime import UTC, datetime

import pytest

from crmkit.kernel import ids
from crmkit.kernel.errors import Conflict, Invalid
from services.leads.account.domain import AccountLifecycle
from services.leads.account_merge.domain import (
    MOST_MOVED,
    demand_few,
    demand_known,
    demand_others,
    earliest,
    furthest,
)

PROSPECT, INTERESTED, CUSTOMER, LOST = AccountLifecycle
ONE, TWO, THREE = ids.new(), ids.new(), ids.new()
MAY, JUNE = datetime(2026, 5, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC)


def test_of_several_the_furthest_counts_and_a_lost_one_least() -> None:
    ranked = (LOST, PROSPECT, INTERESTED, CUSTOMER)
    assert set(ranked) == set(AccountLifecycle)
    for place, state in enumerate(ranked):
        for other in ranked[: place + 1]:
            assert furthest([state, other]) is furthest([other, state]) is state


def test_the_earliest_instant_counts_where_there_is_one() -> None:
    assert earliest([None, JUNE, MAY]) == MAY
    assert earliest([None, None]) is None


def test_sources_are_others_and_named_once() -> None:
    demand_others(ONE, [TWO, THREE])
    for wrong in ([ONE], [TWO, TWO], [TWO, ONE]):
        with pytest.raises(Invalid) as refused:
            demand_others(ONE, wrong)
        assert refused.value.code == "account.merge_sources"


def test_values_come_from_those_that_are_merged() -> None:
    demand_known([ONE, TWO, ONE], {ONE, TWO})
    with pytest.raises(Invalid) as refused:
        demand_known([ONE, THREE], {ONE, TWO})
    assert refused.value.code == "account.merge_fields"


def test_a_merge_moves_no_more_than_one_statement_bears() -> None:
    demand_few(MOST_MOVED)
    with pytest.raises(Conflict) as refused:
        demand_few(MOST_MOVED + 1)
    assert refused.value.code == "account.merge_too_large"
