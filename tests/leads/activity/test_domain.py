from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from crmkit.kernel.errors import Conflict, Invalid
from crmkit.kernel.labels import Labelled
from services.leads.activity.domain import (
    FITTING,
    LIFECYCLE,
    ActivityKind,
    ActivityOutcome,
    ActivityStatus,
    CallDirection,
    MessageChannel,
    Objection,
    Sentiment,
    begins_work,
    demand_editable,
    demand_fitting,
    is_contact,
)
from services.leads.lead.domain import LeadStatus

PLANNED, DONE, CANCELLED = ActivityStatus
ALLOWED = {(PLANNED, DONE), (PLANNED, CANCELLED)}
RECEIVED = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.mark.parametrize(("current", "target"), sorted(product(ActivityStatus, ActivityStatus)))
def test_only_what_is_planned_is_done_or_cancelled(
    current: ActivityStatus, target: ActivityStatus
) -> None:
    if (current, target) in ALLOWED:
        assert LIFECYCLE.move(current, target) is target
        return
    with pytest.raises(Conflict) as refused:
        LIFECYCLE.move(current, target)
    assert refused.value.code == "lifecycle.illegal"


@pytest.mark.parametrize("status", [DONE, CANCELLED])
def test_only_what_is_planned_is_edited(status: ActivityStatus) -> None:
    demand_editable(PLANNED)
    with pytest.raises(Conflict) as refused:
        demand_editable(status)
    assert refused.value.code == "activity.closed"


@pytest.mark.parametrize("status", LeadStatus)
def test_only_a_new_lead_is_first_worked(status: LeadStatus) -> None:
    assert begins_work(status, RECEIVED, RECEIVED) is (status is LeadStatus.NEW)


def test_what_came_before_the_lead_is_no_work_on_it() -> None:
    assert not begins_work(LeadStatus.NEW, RECEIVED, RECEIVED - timedelta(seconds=1))


@pytest.mark.parametrize(("kind", "name"), sorted(product(ActivityKind, FITTING)))
def test_a_fact_is_given_of_the_kinds_that_have_it(kind: ActivityKind, name: str) -> None:
    demand_fitting(kind, {name: None})
    if kind in FITTING[name]:
        demand_fitting(kind, {name: False})
        return
    with pytest.raises(Invalid) as refused:
        demand_fitting(kind, {name: False})
    assert refused.value.code == "activity.unfit"


@pytest.mark.parametrize(("kind", "connected"), [*product(ActivityKind, (None, False, True))])
def test_who_was_spoken_to_was_met_or_reached(kind: ActivityKind, connected: bool | None) -> None:
    by_wire = {ActivityKind.CALL: connected is True, ActivityKind.MESSAGE: False}
    assert is_contact(kind, connected) is by_wire.get(kind, True)


CODES = [ActivityKind, ActivityStatus, CallDirection, MessageChannel, ActivityOutcome]


@pytest.mark.parametrize("code", [each for kind in (*CODES, Objection, Sentiment) for each in kind])
def test_every_code_has_a_label_in_both_languages(code: Labelled) -> None:
    assert code.zh
    assert code.en
    assert code.zh != code.en
