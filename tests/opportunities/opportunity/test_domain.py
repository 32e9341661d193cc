from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from crmkit.kernel.errors import Conflict
from services.opportunities.opportunity.domain import (
    LIFECYCLE,
    OpportunityStatus,
    demand_open,
    demand_order,
    demand_other_stage,
)

OPEN, WON, LOST = OpportunityStatus.OPEN, OpportunityStatus.WON, OpportunityStatus.LOST
ALLOWED = {(OPEN, WON), (OPEN, LOST), (WON, OPEN), (LOST, OPEN)}
OPENED = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize(("current", "target"), [*product(OpportunityStatus, repeat=2)])
def test_a_deal_moves_only_between_open_and_closed(
    current: OpportunityStatus, target: OpportunityStatus
) -> None:
    if (current, target) in ALLOWED:
        assert LIFECYCLE.move(current, target) is target
        return
    with pytest.raises(Conflict) as caught:
        LIFECYCLE.move(current, target)
    assert caught.value.code == "lifecycle.illegal"
    assert caught.value.extra["allowed"] == sorted(t for c, t in ALLOWED if c is current)


def test_every_status_has_a_place_in_the_lifecycle() -> None:
    assert set(LIFECYCLE.moves) == set(OpportunityStatus)


@pytest.mark.parametrize("status", OpportunityStatus)
def test_every_status_is_called_something_in_both_languages(status: OpportunityStatus) -> None:
    assert status.zh
    assert status.en == status.value.capitalize()


def test_only_an_open_deal_is_worked_on() -> None:
    demand_open(OPEN)
    for status in (WON, LOST):
        with pytest.raises(Conflict) as caught:
            demand_open(status)
        assert caught.value.code == "opportunity.closed"


def test_a_deal_moves_to_another_stage_than_its_own() -> None:
    demand_other_stage("analysis", "proposal")
    with pytest.raises(Conflict) as caught:
        demand_other_stage("analysis", "analysis")
    assert caught.value.code == "opportunity.stage_same"


def test_a_deal_closes_when_it_was_opened_or_later() -> None:
    demand_order(OPENED, OPENED)
    demand_order(OPENED, OPENED + timedelta(days=1))
    with pytest.raises(Conflict) as caught:
        demand_order(OPENED, OPENED - timedelta(microseconds=1))
    assert caught.value.code == "opportunity.before_opened"
