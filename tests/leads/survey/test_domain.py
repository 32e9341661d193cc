from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import product
from typing import Any

import pytest

from crmkit.kernel.errors import Conflict, Invalid
from crmkit.kernel.labels import Labelled
from services.leads.survey.domain import (
    LIFECYCLE,
    Question,
    QuestionKind,
    SurveyKind,
    SurveyStatus,
    SurveyTrigger,
    demand_answers,
    demand_askable,
    document_of,
    is_pleased,
    next_due,
    questions_of,
    score_of,
    share,
)

FIVE = Question("service", "How was the service?", QuestionKind.SCALE5)
TEN = Question("again", "Would you recommend us?", QuestionKind.SCALE10)
BEST = Question("best", "What was best?", QuestionKind.CHOICE, ("price", "people"))
WORDS = Question("words", "What else?", QuestionKind.TEXT, required=False)
ALL = [FIVE, TEN, BEST, WORDS]
SAID = {"service": 4, "again": 10, "best": "people", "words": "Thank you"}
PLANNED, SENT, ANSWERED, CANCELLED = SurveyStatus
MOVES = {(PLANNED, SENT), (PLANNED, ANSWERED), (PLANNED, CANCELLED)} | {
    (SENT, ANSWERED),
    (SENT, CANCELLED),
}


@pytest.mark.parametrize(("current", "target"), sorted(product(SurveyStatus, SurveyStatus)))
def test_a_survey_is_sent_and_answered_once(current: SurveyStatus, target: SurveyStatus) -> None:
    if (current, target) in MOVES:
        assert LIFECYCLE.move(current, target) is target
        return
    with pytest.raises(Conflict) as refused:
        LIFECYCLE.move(current, target)
    assert refused.value.code == "lifecycle.illegal"


def test_questions_are_kept_as_they_were_asked() -> None:
    assert questions_of(document_of(ALL)) == ALL


def test_answers_that_fit_are_taken_and_words_may_be_left_out() -> None:
    demand_answers(ALL, SAID)
    demand_answers(ALL, {key: said for key, said in SAID.items() if key != "words"})


@pytest.mark.parametrize(
    ("wrong", "key"),
    [
        ({"service": 0}, "service"),
        ({"service": 6}, "service"),
        ({"service": "4"}, "service"),
        ({"service": True}, "service"),
        ({"again": 11}, "again"),
        ({"again": -1}, "again"),
        ({"best": "food"}, "best"),
        ({"best": 1}, "best"),
        ({"words": ""}, "words"),
        ({"words": 5}, "words"),
        ({"words": "x" * 4001}, "words"),
        ({"other": "x"}, "other"),
    ],
)
def test_an_answer_that_does_not_fit_is_named(wrong: dict[str, Any], key: str) -> None:
    with pytest.raises(Invalid) as refused:
        demand_answers(ALL, SAID | wrong)
    assert refused.value.code == "survey.answers"
    assert [fault.pointer for fault in refused.value.faults] == [f"/answers/{key}"]


def test_what_has_to_be_answered_is_missed() -> None:
    with pytest.raises(Invalid) as refused:
        demand_answers(ALL, {"again": 0})
    missed = {fault.pointer for fault in refused.value.faults}
    assert missed == {"/answers/service", "/answers/best"}


@pytest.mark.parametrize(
    "questions",
    [
        [FIVE, FIVE],
        [Question("best", "x", QuestionKind.CHOICE)],
        [Question("words", "x", QuestionKind.TEXT, ("a",))],
    ],
)
def test_questions_that_cannot_be_asked_are_refused(questions: list[Question]) -> None:
    demand_askable(ALL)
    with pytest.raises(Invalid) as refused:
        demand_askable(questions)
    assert refused.value.code == "survey.questions"


@pytest.mark.parametrize(
    ("said", "score"),
    [
        (SAID, "4.50"),
        ({"service": 1}, "1.00"),
        ({"again": 0}, "1.00"),
        ({"again": 7}, "3.80"),
        ({"service": 4, "again": 3}, "3.10"),
        ({"words": "x"}, None),
    ],
)
def test_a_score_is_the_mean_of_what_was_given_in_numbers(
    said: dict[str, Any], score: str | None
) -> None:
    assert score_of(ALL, said) == (None if score is None else Decimal(score))


def test_four_of_five_is_pleased() -> None:
    told = [is_pleased(None if each is None else Decimal(each)) for each in (None, "3.99", "4.00")]
    assert told == [None, False, True]


def test_a_yearly_survey_is_due_again_and_another_is_not() -> None:
    due = datetime(2026, 3, 2, 9, tzinfo=UTC)
    assert next_due(due, 365, due) == datetime(2027, 3, 2, 9, tzinfo=UTC)
    assert next_due(due, 0, due) is None


@pytest.mark.parametrize(
    ("days", "after"), [(-30, 7), (0, 7), (6, 7), (7, 14), (20, 21), (20_000, 20_006)]
)
def test_nobody_is_asked_again_for_what_was_due_meanwhile(days: int, after: int) -> None:
    due = datetime(1970, 1, 1, 9, tzinfo=UTC)
    assert next_due(due, 7, due + timedelta(days=days)) == due + timedelta(days=after)


def test_a_share_of_nothing_is_none() -> None:
    assert (share(1, 3), share(0, 0)) == (Decimal("0.3333"), None)


CODES: list[type[Labelled]] = [SurveyKind, SurveyTrigger, SurveyStatus, QuestionKind]


@pytest.mark.parametrize("code", [each for kind in CODES for each in kind])
def test_every_code_has_a_label_in_both_languages(code: Labelled) -> None:
    assert code.zh
    assert code.en
    assert code.zh != code.en
