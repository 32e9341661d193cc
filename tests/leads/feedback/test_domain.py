from datetime import date
from itertools import product

import pytest

from crmkit.kernel.errors import Conflict, Invalid
from crmkit.kernel.labels import Labelled
from services.leads.feedback.domain import (
    LIFECYCLE,
    FeedbackCost,
    FeedbackEffect,
    FeedbackKind,
    FeedbackStatus,
    demand_accepted,
    demand_ahead,
    demand_new,
)

NEW, ACCEPTED, DECLINED, DONE = FeedbackStatus
WAYS = {(NEW, ACCEPTED), (NEW, DECLINED), (ACCEPTED, DONE), (ACCEPTED, DECLINED)}


@pytest.mark.parametrize(("current", "target"), sorted(product(FeedbackStatus, FeedbackStatus)))
def test_feedback_is_decided_on_and_then_seen_to(
    current: FeedbackStatus, target: FeedbackStatus
) -> None:
    if (current, target) in WAYS:
        assert LIFECYCLE.move(current, target) is target
        return
    with pytest.raises(Conflict) as refused:
        LIFECYCLE.move(current, target)
    assert refused.value.code == "lifecycle.illegal"


@pytest.mark.parametrize("status", [each for each in FeedbackStatus if each is not NEW])
def test_what_was_decided_on_stays_as_it_is(status: FeedbackStatus) -> None:
    demand_new(NEW)
    with pytest.raises(Conflict) as refused:
        demand_new(status)
    assert refused.value.code == "feedback.closed"


@pytest.mark.parametrize("status", [each for each in FeedbackStatus if each is not ACCEPTED])
def test_only_what_is_accepted_is_handed_over(status: FeedbackStatus) -> None:
    demand_accepted(ACCEPTED)
    with pytest.raises(Conflict) as refused:
        demand_accepted(status)
    assert refused.value.code == "feedback.not_accepted"


def test_a_day_that_is_over_is_none_to_be_done_by() -> None:
    today = date(2026, 3, 2)
    demand_ahead(today, today)
    with pytest.raises(Invalid) as refused:
        demand_ahead(date(2026, 3, 1), today)
    assert [(fault.pointer, fault.code) for fault in refused.value.faults] == [
        ("/due_on", "feedback.due")
    ]


@pytest.mark.parametrize("code", [*FeedbackKind, *FeedbackEffect, *FeedbackCost, *FeedbackStatus])
def test_every_code_has_a_label_in_both_languages(code: Labelled) -> None:
    assert code.zh
    assert code.en
    assert code.zh != code.en
