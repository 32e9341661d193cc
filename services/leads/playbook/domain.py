"""开放性问题 what is known of a need, call by call."""

from collections.abc import Mapping, Sequence
from typing import Any

from crmkit.kernel.errors import Conflict
from crmkit.kernel.questions import Codes
from services.leads.questionnaire.domain import Askable, demand_answers

MOST_NEEDS = 200
QUESTION_SET = Askable("question_set.twice", "question_set.options")
_CODES = Codes("need.missing", "need.unknown", "need.answer")


def needs_after(
    questions: Sequence[Mapping[str, Any]], known: Mapping[str, Any], answers: Mapping[str, Any]
) -> dict[str, Any]:
    """What is known of a need with these answers to some of the questions: what was answered before
    need not be asked again, and what is answered anew counts.

    Invalid `need.missing`, `need.unknown` or `need.answer`, which name each answer; Conflict
    `need.too_many` beyond 200 fields.
    """
    asked = [
        {**question, "required": question["required"] and question["code"] not in known}
        for question in questions
    ]
    demand_answers(asked, answers, _CODES)
    after = {**known, **answers}
    if len(after) > MOST_NEEDS:
        raise Conflict(f"at most {MOST_NEEDS} fields of a need", code="need.too_many")
    return after


def demand_active(active: bool) -> None:
    """Conflict `question_set.inactive` where it is asked no more."""
    if not active:
        raise Conflict("these questions are asked no more", code="question_set.inactive")
