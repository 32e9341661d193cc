from datetime import date

import pytest

from crmkit.kernel.errors import Invalid
from services.leads.due_diligence.domain import (
    LIFECYCLE,
    DueDiligenceOutcome,
    DueDiligenceStatus,
    demand_validity,
)

YESTERDAY, TODAY = date(2026, 5, 3), date(2026, 5, 4)
CLEARED, CONDITIONAL, REJECTED = DueDiligenceOutcome


@pytest.mark.parametrize("outcome", [CLEARED, CONDITIONAL])
def test_what_clears_an_account_holds_until_a_day_that_comes(outcome: DueDiligenceOutcome) -> None:
    demand_validity(outcome, TODAY, TODAY)
    for ended in (None, YESTERDAY):
        with pytest.raises(Invalid) as refused:
            demand_validity(outcome, ended, TODAY)
        assert refused.value.code == "due_diligence.validity"


def test_a_rejection_needs_no_end() -> None:
    for until in (None, YESTERDAY, TODAY):
        demand_validity(REJECTED, until, TODAY)


def test_what_is_over_stays_over() -> None:
    moves = {state for state, following in LIFECYCLE.moves.items() if following}
    assert moves == {DueDiligenceStatus.REQUESTED}
