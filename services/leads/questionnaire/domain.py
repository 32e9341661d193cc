"""来访客户问卷 what may be asked, and what counts as an answer."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from crmkit.kernel import questions as judged
from crmkit.kernel.errors import Conflict
from crmkit.kernel.labels import Labelled
from crmkit.kernel.questions import (
    Asked,
    Codes,
    Judge,
    fault_of,
    one_of,
    refuse,
    some_of,
    truth,
    whole,
    words,
)

LONGEST_ANSWER = 2000
MOST_POINTS = 5
LARGEST_NUMBER = 1_000_000_000


class QuestionForm(Labelled):
    """How a question is answered."""

    CHOICE = "choice", "单选", "One of several"
    CHOICES = "choices", "多选", "Any of several"
    SCALE = "scale", "评分", "One to five"
    YES_NO = "yes_no", "是否", "Yes or no"
    NUMBER = "number", "数字", "A whole number"
    TEXT = "text", "文字", "In words"


OFFERING = frozenset({QuestionForm.CHOICE, QuestionForm.CHOICES})
"""Kinds of questions that offer what may be answered."""


class Askable(NamedTuple):
    """The codes of faults of questions: asked twice, and with options that make no sense."""

    twice: str
    options: str


QUESTIONNAIRE = Askable("questionnaire.twice", "questionnaire.options")


def demand_questions(
    questions: Sequence[Mapping[str, Any]], codes: Askable = QUESTIONNAIRE
) -> None:
    """Invalid `codes.twice` where two questions have one code, `codes.options` where one that
    offers something offers less than two things, or another one any."""
    faults = []
    counted = Counter(question["code"] for question in questions)
    for n, question in enumerate(questions):
        options = question["options"]
        offers = question["kind"] in OFFERING
        if counted[question["code"]] > 1:
            faults.append(fault_of(f"questions/{n}/code", codes.twice, "asked twice"))
        if offers != bool(options) or (offers and len(set(options)) < max(2, len(options))):
            told = "two or more different ones, for questions that offer some"
            faults.append(fault_of(f"questions/{n}/options", codes.options, told))
    refuse(faults, "these questions cannot be answered")


SURVEY = Codes("survey.missing", "survey.unknown", "survey.answer")


def demand_answers(
    questions: Sequence[Mapping[str, Any]], answers: Mapping[str, Any], codes: Codes = SURVEY
) -> None:
    """Invalid naming each answer that is missing, to no question, or none to its question."""
    asked = {
        question["code"]: Asked(
            _JUDGES[question["kind"]](question["options"]), required=question["required"]
        )
        for question in questions
    }
    judged.demand_answers(asked, answers, codes)


def demand_active(active: bool) -> None:
    """Conflict `questionnaire.inactive` where it is handed out no more."""
    if not active:
        raise Conflict("this questionnaire is handed out no more", code="questionnaire.inactive")


_JUDGES: Mapping[str, Callable[[Sequence[str]], Judge]] = {
    QuestionForm.CHOICE: one_of,
    QuestionForm.CHOICES: some_of,
    QuestionForm.SCALE: lambda _: whole(1, MOST_POINTS),
    QuestionForm.YES_NO: lambda _: truth(),
    QuestionForm.NUMBER: lambda _: whole(0, LARGEST_NUMBER),
    QuestionForm.TEXT: lambda _: words(LONGEST_ANSWER),
}
