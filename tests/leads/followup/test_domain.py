from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmkit.kernel.errors import Conflict, Invalid
from crmkit.kernel.labels import Labelled
from services.leads.activity.domain import ActivityKind
from services.leads.followup.domain import (
    CLOSED,
    GRACE,
    LEAD_TIME,
    LIFECYCLE,
    Action,
    FollowUpStatus,
    FollowUpStopReason,
    FollowUpTrigger,
    Step,
    course_of,
    demand_about,
    demand_active,
    demand_open,
    document_of,
    due_of,
    steps_of,
)
from services.leads.lead.domain import LeadStatus

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
RUNNING, FINISHED, STOPPED = FollowUpStatus
DAYS = st.lists(st.integers(0, 400), min_size=1, max_size=8)


def a_step(days: int) -> Step:
    return Step(days, ActivityKind.CALL, f"after {days}")


def after(days: int) -> datetime:
    return MONDAY + timedelta(days)


def test_each_step_is_planned_a_day_ahead_and_warned_of_a_day_late() -> None:
    assert course_of([a_step(0), a_step(7)], MONDAY) == [
        Action(MONDAY, 0, False),
        Action(after(1), 0, True),
        Action(after(6), 1, False),
        Action(after(8), 1, True),
    ]


@settings(max_examples=30)
@given(DAYS)
def test_a_course_never_goes_back_and_warns_of_nothing_before_it_is_planned(
    days: list[int],
) -> None:
    steps = [a_step(each) for each in days]
    course = course_of(steps, MONDAY)
    assert [action.at for action in course] == sorted(action.at for action in course)
    for number, step in enumerate(steps):
        planned, warned = [action for action in course if action.step == number]
        assert (planned.warns, warned.warns) == (False, True)
        assert MONDAY <= planned.at <= due_of(step, MONDAY) == warned.at - GRACE
        assert planned.at == max(MONDAY, due_of(step, MONDAY) - LEAD_TIME)


def test_steps_are_kept_in_the_order_in_which_they_are_due() -> None:
    kept = document_of([a_step(30), a_step(1), a_step(7)])
    assert [step.after_days for step in steps_of(kept)] == [1, 7, 30]
    assert document_of(steps_of(kept)) == kept


@pytest.mark.parametrize(("current", "target"), sorted(product(FollowUpStatus, FollowUpStatus)))
def test_only_what_runs_ends(current: FollowUpStatus, target: FollowUpStatus) -> None:
    if (current, target) in {(RUNNING, FINISHED), (RUNNING, STOPPED)}:
        assert LIFECYCLE.move(current, target) is target
        return
    with pytest.raises(Conflict) as refused:
        LIFECYCLE.move(current, target)
    assert refused.value.code == "lifecycle.illegal"


@pytest.mark.parametrize("status", LeadStatus)
def test_a_closed_lead_is_not_followed_up(status: LeadStatus) -> None:
    if status not in CLOSED:
        demand_open(status)
        return
    with pytest.raises(Conflict) as refused:
        demand_open(status)
    assert refused.value.code == "follow_up.lead_closed"


def test_somebody_is_named_and_the_template_is_in_use() -> None:
    demand_about(None, "somebody", None)
    demand_active(True)
    with pytest.raises(Invalid) as nobody:
        demand_about(None, None, None)
    assert nobody.value.code == "follow_up.about"
    with pytest.raises(Conflict) as unused:
        demand_active(False)
    assert unused.value.code == "follow_up.inactive"


@pytest.mark.parametrize("code", [*FollowUpTrigger, *FollowUpStatus, *FollowUpStopReason])
def test_every_code_has_a_label_in_both_languages(code: Labelled) -> None:
    assert code.zh
    assert code.en
    assert code.zh != code.en
