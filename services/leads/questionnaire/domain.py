"""来访客户问卷 what may be asked, and what counts as an answer."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from crmkit.kernel.errors import Conflict, Fault, Invalid
from crmkit.kernel.labels import Labelled

LONGEST_ANSWER = 2000
MOST_POINTS = 5
LARGEST_NUMBER = 1_000_000_000
_MOST_NAME = 64


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


def demand_questions(questions: Sequence[Mapping[str, Any]]) -> None:
    """Invalid `questionnaire.twice` where two questions have one code, `questionnaire.options`
    where one that offers something offers less than two things, or another one any."""
    faults = []
    counted = Counter(question["code"] for question in questions)
    for n, question in enumerate(questions):
        options = question["options"]
        offers = question["kind"] in OFFERING
        if counted[question["code"]] > 1:
            faults.append(_fault(f"questions/{n}/code", "questionnaire.twice", "asked twice"))
        if offers != bool(options) or (offers and len(set(options)) < max(2, len(options))):
            told = "two or more different ones, for questions that offer some"
            faults.append(_fault(f"questions/{n}/options", "questionnaire.options", told))
    _refuse(faults, "these questions cannot be answered")


def demand_answers(questions: Sequence[Mapping[str, Any]], answers: Mapping[str, Any]) -> None:
    """Invalid naming each answer that is missing (`survey.missing`), to no question
    (`survey.unknown`), or none to its question (`survey.answer`)."""
    asked = {question["code"]: question for question in questions}
    faults = [
        _fault(f"answers/{_pointed(code)}", "survey.unknown", "nobody asked that")
        for code in answers
        if code not in asked
    ]
    faults += [
        _fault(f"answers/{code}", "survey.missing", "this has to be answered")
        for code, question in asked.items()
        if question["required"] and code not in answers
    ]
    faults += [
        _fault(f"answers/{code}", "survey.answer", "this is no answer to the question")
        for code, question in asked.items()
        if code in answers and not _is_answer(question, answers[code])
    ]
    _refuse(faults, "the answers do not fit the questions")


def demand_active(active: bool) -> None:
    """Conflict `questionnaire.inactive` where it is handed out no more."""
    if not active:
        raise Conflict("this questionnaire is handed out no more", code="questionnaire.inactive")


def _is_answer(question: Mapping[str, Any], answer: Any) -> bool:
    return _ANSWERS[question["kind"]](answer, question["options"])


def _is_choices(answer: Any, options: Sequence[str]) -> bool:
    if not isinstance(answer, list) or not 0 < len(answer) <= len(options):
        return False
    return all(each in options for each in answer) and len(set(answer)) == len(answer)


def _is_whole(answer: Any, least: int, most: int) -> bool:
    is_number = isinstance(answer, int) and not isinstance(answer, bool)
    return is_number and least <= answer <= most


def _is_text(answer: Any) -> bool:
    """NUL is in no text that PostgreSQL keeps."""
    if not isinstance(answer, str) or "\x00" in answer:
        return False
    return 0 < len(answer.strip()) <= len(answer) <= LONGEST_ANSWER


_ANSWERS: Mapping[str, Callable[[Any, Sequence[str]], bool]] = {
    QuestionForm.CHOICE: lambda answer, options: isinstance(answer, str) and answer in options,
    QuestionForm.CHOICES: _is_choices,
    QuestionForm.SCALE: lambda answer, _: _is_whole(answer, 1, MOST_POINTS),
    QuestionForm.YES_NO: lambda answer, _: isinstance(answer, bool),
    QuestionForm.NUMBER: lambda answer, _: _is_whole(answer, 0, LARGEST_NUMBER),
    QuestionForm.TEXT: lambda answer, _: _is_text(answer),
}


def _fault(path: str, code: str, message: str) -> Fault:
    return Fault(f"/{path}", code, message)


def _pointed(name: str) -> str:
    return name[:_MOST_NAME].replace("~", "~0").replace("/", "~1")


def _refuse(faults: Iterable[Fault], told: str) -> None:
    found = list(faults)
    if found:
        raise Invalid(told, code=found[0].code, faults=found[:100])
