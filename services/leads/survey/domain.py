"""调查 what is asked, what may be answered, and how satisfied an answer says somebody is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from crmkit.kernel import questions as judged
from crmkit.kernel.errors import Conflict, Invalid
from crmkit.kernel.keys import is_among
from crmkit.kernel.labels import Labelled
from crmkit.kernel.lifecycle import Lifecycle
from crmkit.kernel.questions import Asked, Codes, Judge, one_of, whole, words

Document = list[dict[str, Any]]
"""Questions as they are kept in JSON."""

Answers = Mapping[str, Any]
"""What was said, by the key of the question."""

MARK = "crm_survey_"
"""How the links of surveys begin."""

_LONGEST_TEXT = 4000
_CODES = Codes(*["survey.answers"] * 3)
_HUNDREDTHS, _PLACES = Decimal("0.01"), Decimal("0.0001")
_PLEASED = Decimal(4)
"""Who says this or more is satisfied (4 or 5 of 5)."""


class SurveyKind(Labelled):
    """What a survey is for."""

    SATISFACTION = "satisfaction", "满意度调查", "Customer satisfaction"
    RESEARCH = "research", "市场调研", "Market research"
    PRODUCT = "product", "产品调查", "Product survey"
    FEEDBACK = "feedback", "内部反馈", "Internal feedback"


class SurveyTrigger(Labelled):
    """What plans a survey."""

    HAND = "hand", "手动", "By hand"
    CONTRACT_COMPLETED = "contract_completed", "合同完成后", "When a contract is completed"


class SurveyStatus(Labelled):
    """Where a survey stands."""

    PLANNED = "planned", "待发送", "Planned"
    SENT = "sent", "已发送", "Sent"
    ANSWERED = "answered", "已回复", "Answered"
    CANCELLED = "cancelled", "已取消", "Cancelled"


class QuestionKind(Labelled):
    """How a question is answered."""

    SCALE5 = "scale5", "1 到 5 分", "1 to 5"
    SCALE10 = "scale10", "0 到 10 分", "0 to 10"
    CHOICE = "choice", "单选", "One of several"
    TEXT = "text", "文字", "In words"


KINDS = {kind.value: kind for kind in QuestionKind}
LIFECYCLE = Lifecycle(
    {
        SurveyStatus.PLANNED: frozenset(
            {SurveyStatus.SENT, SurveyStatus.ANSWERED, SurveyStatus.CANCELLED}
        ),
        SurveyStatus.SENT: frozenset({SurveyStatus.ANSWERED, SurveyStatus.CANCELLED}),
        SurveyStatus.ANSWERED: frozenset(),
        SurveyStatus.CANCELLED: frozenset(),
    }
)
_RANGES = {QuestionKind.SCALE5: (1, 5), QuestionKind.SCALE10: (0, 10)}


@dataclass(frozen=True, slots=True)
class Question:
    """One question; only a choice has choices."""

    key: str
    text: str
    kind: QuestionKind
    choices: tuple[str, ...] = ()
    required: bool = True

    @property
    def judge(self) -> Judge:
        """Who judges its answer."""
        if self.kind in _RANGES:
            return whole(*_RANGES[self.kind])
        return one_of(self.choices) if self.kind is QuestionKind.CHOICE else words(_LONGEST_TEXT)


def questions_of(document: Document) -> list[Question]:
    """Questions as they were kept."""
    return [
        Question(q["key"], q["text"], KINDS[q["kind"]], tuple(q["choices"]), q["required"])
        for q in document
    ]


def document_of(questions: Sequence[Question]) -> Document:
    """Questions as they are kept."""
    return [
        {
            "key": q.key,
            "text": q.text,
            "kind": q.kind,
            "choices": list(q.choices),
            "required": q.required,
        }
        for q in questions
    ]


def demand_askable(questions: Sequence[Question]) -> None:
    """Invalid `survey.questions` where a key stands twice, or choices where there is no choice."""
    keys = [question.key for question in questions]
    wrong = [q.key for q in questions if (q.kind is QuestionKind.CHOICE) is not bool(q.choices)]
    if len(set(keys)) < len(keys) or wrong:
        raise Invalid.field(
            "questions", "survey.questions", "each key once, and choices where one is to be chosen"
        )


def demand_answers(questions: Sequence[Question], answers: Answers) -> None:
    """Invalid `survey.answers` naming each answer that is missing, unknown or does not fit."""
    asked = {question.key: Asked(question.judge, question.required) for question in questions}
    judged.demand_answers(asked, answers, _CODES)


def demand_open(status: SurveyStatus) -> None:
    """Conflict `survey.closed` where it was answered, or is not asked any more."""
    if not LIFECYCLE.moves[status]:
        raise Conflict("this survey is closed", code="survey.closed")


def is_linked(survey: Mapping[str, Any], shown: str, now: datetime) -> bool:
    """Whether a link of this hash is that of the survey of these columns, and holds."""
    kept, until = survey["link_hash"], survey["link_until"]
    return kept is not None and until is not None and now < until and is_among(shown, [kept])


def score_of(questions: Sequence[Question], answers: Answers) -> Decimal | None:
    """客户满意度 (K30) the mean of what was given in numbers, as 1 to 5; None where nothing was.

    A 0 to 10 scale is drawn onto 1 to 5: 0 is 1, 10 is 5.
    """
    given = [
        _as_five(q.kind, answers[q.key])
        for q in questions
        if q.kind in _RANGES and q.key in answers
    ]
    if not given:
        return None
    return (sum(given, Decimal()) / len(given)).quantize(_HUNDREDTHS, ROUND_HALF_UP)


def is_pleased(score: Decimal | None) -> bool | None:
    """Whether somebody is satisfied; None where they said nothing in numbers."""
    return None if score is None else score >= _PLEASED


def _as_five(kind: QuestionKind, value: int) -> Decimal:
    return Decimal(value) if kind is QuestionKind.SCALE5 else 1 + Decimal(value) * 4 / 10


def next_due(due_at: datetime, every_days: int, now: datetime) -> datetime | None:
    """When the next survey of the same is due; None where it is asked once.

    What was due meanwhile is not made up for: nobody is asked twice at once.
    """
    if not every_days:
        return None
    every = timedelta(days=every_days)
    return due_at + every * max((now - due_at) // every + 1, 1)


def share(part: int, whole: int) -> Decimal | None:
    """A ratio of four places; None where there is nothing to divide by."""
    return (Decimal(part) / whole).quantize(_PLACES, ROUND_HALF_UP) if whole else None
