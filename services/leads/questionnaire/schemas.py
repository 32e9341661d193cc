"""What comes in and goes out."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, StringConstraints

from crmkit.fields import Flag, Instant, Name, Patch, Strict
from crmkit.web.answers import Read
from services.leads.questionnaire.domain import QuestionForm

_QuestionCode = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
_MOST_OPTIONS, _MOST_QUESTIONS = 30, 60


class Question(Strict):
    """One question; `options` are for kinds that offer something."""

    code: _QuestionCode
    text: Name
    kind: QuestionForm
    options: list[Name] = Field(default_factory=list, max_length=_MOST_OPTIONS)
    required: Flag = False


_Questions = Annotated[list[Question], Field(min_length=1, max_length=_MOST_QUESTIONS)]


class QuestionnaireCreate(Strict):
    """What is asked, in order; no two questions have one code."""

    name: Name
    questions: _Questions


class QuestionnaireUpdate(Patch):
    """What may be changed by hand; what was answered before stays beside what was asked then."""

    name: Name = ""
    questions: _Questions = Field(default_factory=list)
    active: Flag = True


class AnswerQuestionnaire(Strict):
    """A questionnaire filled in by a visitor: that of a visit, or else of a lead. `answers` are by
    the code of the question: an option, a list of them, 1 to 5, a truth, a whole number or text."""

    questionnaire_id: UUID
    visit_id: UUID | None = None
    lead_id: UUID | None = None
    answers: Annotated[dict[str, Any], Field(max_length=_MOST_QUESTIONS)]


class QuestionnaireRead(Read):
    id: UUID
    version: int
    name: str
    questions: list[dict[str, Any]]
    active: bool
    created_at: Instant
    updated_at: Instant


class VisitorSurveyRead(Read):
    """`questions` are those that were asked then."""

    id: UUID
    version: int
    questionnaire_id: UUID
    visit_id: UUID | None
    lead_id: UUID
    questions: list[dict[str, Any]]
    answers: dict[str, Any]
    owner_id: UUID
    team: str
    region: str
    answered_at: Instant
    erased_at: Instant | None
    created_at: Instant
    updated_at: Instant
