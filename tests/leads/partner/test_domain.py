from datetime import UTC, datetime
from itertools import pairwise

import pytest

from crmkit.kernel.errors import Conflict
from services.leads.partner.domain import (
    LIFECYCLE,
    ChannelPartnerStatus,
    assessed,
    demand_editable,
    demand_order,
)

IDENTIFIED, ASSESSED, SIGNED, ACTIVE, ENDED = ChannelPartnerStatus
MAY, JUNE = datetime(2026, 5, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC)


def test_a_partner_goes_step_by_step_and_may_end_at_each() -> None:
    steps = [IDENTIFIED, ASSESSED, SIGNED, ACTIVE, ENDED]
    for step, following in pairwise(steps):
        assert LIFECYCLE.moves[step] == {following, ENDED}
    assert LIFECYCLE.moves[ENDED] == frozenset()


@pytest.mark.parametrize(
    ("before", "after"),
    [(IDENTIFIED, ASSESSED), (ASSESSED, ASSESSED), (SIGNED, SIGNED), (ACTIVE, ACTIVE)],
)
def test_who_sells_for_us_is_judged_again_and_stays(
    before: ChannelPartnerStatus, after: ChannelPartnerStatus
) -> None:
    assert assessed(before) is after
    demand_editable(before)


def test_what_has_ended_is_neither_judged_nor_changed() -> None:
    with pytest.raises(Conflict) as refused:
        assessed(ENDED)
    assert refused.value.code == "lifecycle.illegal"
    with pytest.raises(Conflict) as refused:
        demand_editable(ENDED)
    assert refused.value.code == "channel_partner.closed"


def test_steps_are_dated_one_after_the_other() -> None:
    demand_order(MAY, MAY)
    demand_order(MAY, JUNE)
    with pytest.raises(Conflict) as refused:
        demand_order(JUNE, MAY)
    assert refused.value.code == "channel_partner.before"
