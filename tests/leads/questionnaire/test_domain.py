from typing import Any

import pytest

from crmkit.kernel.errors import Conflict, Invalid
from services.leads.questionnaire.domain import (
    LONGEST_ANSWER,
    QuestionForm,
    demand_active,
    demand_answers,
    demand_questions,
)


def question(kind: str, *options: str, code: str = "q", required: bool = False) -> dict[str, Any]:
    return {"code": code, "kind": kind, "options": list(options), "required": required}


def faults(refused: pytest.ExceptionInfo[Invalid]) -> list[tuple[str, str]]:
    return [(fault.pointer, fault.code) for fault in refused.value.faults]


@pytest.mark.parametrize("kind", QuestionForm)
def test_questions_that_offer_something_offer_two_different_things(kind: QuestionForm) -> None:
    offers = kind in {QuestionForm.CHOICE, QuestionForm.CHOICES}
    for options in ((), ("a",), ("a", "a"), ("a", "b"), ("a", "b", "b")):
        fits = options == ("a", "b") if offers else not options
        if fits:
            demand_questions([question(kind, *options)])
            continue
        with pytest.raises(Invalid) as refused:
            demand_questions([question(kind, *options)])
        assert faults(refused) == [("/questions/0/options", "questionnaire.options")]


def test_no_two_questions_have_one_code() -> None:
    with pytest.raises(Invalid) as refused:
        demand_questions([question("text"), question("text", code="x"), question("text")])
    assert faults(refused) == [
        ("/questions/0/code", "questionnaire.twice"),
        ("/questions/2/code", "questionnaire.twice"),
    ]


@pytest.mark.parametrize(
    ("asked", "right", "wrong"),
    [
        (question("choice", "a", "b"), ["a", "b"], ["c", "", None, ["a"], 1]),
        (
            question("choices", "a", "b"),
            [["a"], ["b", "a"]],
            [[], ["c"], ["a", "a"], "a", [["a"]], ["a", "b", "c"], {"a": 1}],
        ),
        (question("scale"), [1, 5], [0, 6, True, "3", 2.0, None]),
        (question("yes_no"), [True, False], [0, 1, "yes", None]),
        (question("number"), [0, 10**9], [-1, 10**9 + 1, True, 1.5, "1"]),
        (question("text"), ["x", "x" * LONGEST_ANSWER], ["", "  ", "x" * 2001, "x\x00", 1, ["x"]]),
    ],
    ids=lambda each: each["kind"] if isinstance(each, dict) else "",
)
def test_an_answer_fits_its_question(
    asked: dict[str, Any], right: list[Any], wrong: list[Any]
) -> None:
    for answer in right:
        demand_answers([asked], {"q": answer})
    for answer in wrong:
        with pytest.raises(Invalid) as refused:
            demand_answers([asked], {"q": answer})
        assert faults(refused) == [("/answers/q", "survey.answer")]


def test_what_has_to_be_answered_is_and_nothing_else() -> None:
    asked = [question("text", code="a", required=True), question("text", code="b")]
    demand_answers(asked, {"a": "x"})
    with pytest.raises(Invalid) as refused:
        demand_answers(asked, {"c/d": "x", "b": 1})
    assert faults(refused) == [
        ("/answers/c~1d", "survey.unknown"),
        ("/answers/a", "survey.missing"),
        ("/answers/b", "survey.answer"),
    ]


def test_a_questionnaire_that_is_put_away_is_not_answered() -> None:
    demand_active(True)
    with pytest.raises(Conflict) as refused:
        demand_active(False)
    assert refused.value.code == "questionnaire.inactive"
