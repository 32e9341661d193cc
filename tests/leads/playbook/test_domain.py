from typing import Any

import pytest

from crmkit.kernel.errors import Conflict, Invalid
from services.leads.playbook.domain import MOST_NEEDS, demand_active, needs_after

PAIN: dict[str, Any] = {"code": "pain", "kind": "text", "options": [], "required": True}
SIZE: dict[str, Any] = {"code": "size", "kind": "number", "options": [], "required": False}


def test_what_was_answered_before_need_not_be_asked_again() -> None:
    first = needs_after([PAIN, SIZE], {}, {"pain": "It stands still at night"})
    after = needs_after([PAIN, SIZE], first | {"other": "kept"}, {"size": 90})
    assert after == {"pain": "It stands still at night", "size": 90, "other": "kept"}


def test_a_question_that_became_another_one_leaves_the_old_answer_in_peace() -> None:
    assert needs_after([PAIN, SIZE], {"size": "large"}, {"pain": "x"})["size"] == "large"


@pytest.mark.parametrize(
    ("answers", "code", "pointer"),
    [
        ({"size": 90}, "need.missing", "/answers/pain"),
        ({"pain": "x", "colour": "red"}, "need.unknown", "/answers/colour"),
        ({"pain": "x", "size": "large"}, "need.answer", "/answers/size"),
    ],
)
def test_an_answer_that_does_not_fit_is_named(
    answers: dict[str, Any], code: str, pointer: str
) -> None:
    with pytest.raises(Invalid) as refused:
        needs_after([PAIN, SIZE], {}, answers)
    assert [(each.code, each.pointer) for each in refused.value.faults] == [(code, pointer)]


def test_a_need_has_so_many_fields_and_no_more() -> None:
    room_for_one = {f"n{number}": 1 for number in range(MOST_NEEDS - 1)}
    full = needs_after([SIZE], room_for_one, {"size": 2})
    assert len(full) == MOST_NEEDS
    with pytest.raises(Conflict) as refused:
        needs_after([PAIN], full, {"pain": "x"})
    assert refused.value.code == "need.too_many"


def test_questions_that_are_asked_no_more_take_no_answers() -> None:
    demand_active(True)
    with pytest.raises(Conflict) as refused:
        demand_active(False)
    assert refused.value.code == "question_set.inactive"
