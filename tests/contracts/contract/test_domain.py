import re
from datetime import UTC, date, datetime, timedelta
from itertools import product

import pytest

from crmkit.kernel.errors import Conflict
from services.contracts.contract.domain import (
    LIFECYCLE,
    ContractStatus,
    contract_number,
    demand_draft,
    demand_order,
)

_ALLOWED = {
    ("draft", "signed"),
    ("draft", "voided"),
    ("signed", "completed"),
    ("signed", "voided"),
}
_NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)


@pytest.mark.parametrize(("current", "target"), list(product(ContractStatus, ContractStatus)))
def test_a_contract_moves_only_as_the_lifecycle_allows(
    current: ContractStatus, target: ContractStatus
) -> None:
    if (current.value, target.value) in _ALLOWED:
        assert LIFECYCLE.move(current, target) is target
    else:
        with pytest.raises(Conflict, match="cannot become"):
            LIFECYCLE.move(current, target)


def test_a_number_carries_the_day_and_six_characters_nobody_misreads() -> None:
    number = contract_number(date(2026, 11, 22))
    assert re.fullmatch("C-20261122-[0-9A-HJKMNP-TV-Z]{6}", number)


def test_numbers_of_one_day_differ() -> None:
    day = date(2026, 11, 22)
    assert len({contract_number(day) for _ in range(500)}) == 500


@pytest.mark.parametrize("status", ContractStatus)
def test_only_a_draft_may_be_changed(status: ContractStatus) -> None:
    if status is ContractStatus.DRAFT:
        demand_draft(status)
    else:
        with pytest.raises(Conflict) as refused:
            demand_draft(status)
        assert refused.value.code == "contract.not_draft"


def test_nothing_happens_to_a_contract_before_it_was_drafted() -> None:
    demand_order(_NOW, _NOW)
    with pytest.raises(Conflict) as refused:
        demand_order(_NOW, _NOW - timedelta(microseconds=1))
    assert refused.value.code == "contract.before_drafted"
