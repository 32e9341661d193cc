from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from crmkit.kernel.errors import Conflict
from services.leads.lead.domain import (
    LIFECYCLE,
    Intent,
    LeadStatus,
    demand_editable,
    demand_order,
)

NEW, WORKING, QUALIFIED, CONVERTED, DISQUALIFIED = LeadStatus
ALLOWED = {
    (NEW, WORKING),
    (NEW, QUALIFIED),
    (NEW, DISQUALIFIED),
    (WORKING, QUALIFIED),
    (WORKING, DISQUALIFIED),
    (QUALIFIED, CONVERTED),
    (QUALIFIED, DISQUALIFIED),
    (DISQUALIFIED, WORKING),
}
RECEIVED = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.mark.parametrize(("current", "target"), sorted(ALLOWED))
def test_a_lead_may_move_on(current: LeadStatus, target: LeadStatus) -> None:
    assert LIFECYCLE.move(current, target) is target


@pytest.mark.parametrize(
    ("current", "target"), sorted(set(product(LeadStatus, LeadStatus)) - ALLOWED)
)
def test_a_lead_moves_nowhere_else(current: LeadStatus, target: LeadStatus) -> None:
    with pytest.raises(Conflict) as refused:
        LIFECYCLE.move(current, target)
    assert refused.value.code == "lifecycle.illegal"
    assert refused.value.extra["allowed"] == sorted(t for c, t in ALLOWED if c is current)


@pytest.mark.parametrize("status", sorted(set(LeadStatus) - {CONVERTED}))
def test_a_lead_can_be_edited_until_it_is_converted(status: LeadStatus) -> None:
    demand_editable(status)


def test_a_converted_lead_is_history() -> None:
    with pytest.raises(Conflict) as refused:
        demand_editable(CONVERTED)
    assert refused.value.code == "lead.closed"


def test_nothing_happens_to_a_lead_before_it_comes_in() -> None:
    demand_order(RECEIVED, RECEIVED)
    with pytest.raises(Conflict) as refused:
        demand_order(RECEIVED, RECEIVED - timedelta(seconds=1))
    assert refused.value.code == "lead.before_received"


@pytest.mark.parametrize("code", [*LeadStatus, *Intent])
def test_every_code_has_a_label_in_both_languages(code: LeadStatus | Intent) -> None:
    assert code.zh
    assert code.en
    assert code.zh != code.en
