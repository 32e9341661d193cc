"""What comes in and goes out."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints

from crmkit.fields import Flag, Instant, Label, Name, Note, Patch, Strict
from crmkit.web.answers import Read
from services.leads.activity.domain import Objection
from services.leads.questionnaire.schemas import Question
from services.leads.survey.schemas import PeriodLabel

_MOST_ANSWERS, _MOST_QUESTIONS = 20, 60
_Answers = Annotated[
    list[Annotated[Note, StringConstraints(min_length=1)]],
    Field(min_length=1, max_length=_MOST_ANSWERS),
]
_Questions = Annotated[list[Question], Field(min_length=1, max_length=_MOST_QUESTIONS)]


class ObjectionEntryCreate(Strict):
    """What customers say, by the code that activities have for it; `answers` are in order, the best
    first, and `product` is empty where they hold for all."""

    objection: Objection
    says: Name
    answers: _Answers
    product: Label = ""


class ObjectionEntryUpdate(Patch):
    """What may be changed; an entry that is used no more stays, inactive."""

    objection: Objection = Objection.OTHER
    says: Name = ""
    answers: _Answers = Field(default_factory=list)
    product: Label = ""
    active: Flag = True


class ObjectionEntryRead(Read):
    id: UUID
    version: int
    objection: Objection
    says: str
    answers: list[str]
    product: str
    active: bool
    created_at: Instant
    updated_at: Instant


class QuestionSetCreate(Strict):
    """What is asked, in order; the code of a question is the field of the need that it fills."""

    name: Name
    questions: _Questions


class QuestionSetUpdate(Patch):
    """What may be changed; answers that were given stay."""

    name: Name = ""
    questions: _Questions = Field(default_factory=list)
    active: Flag = True


class QuestionSetRead(Read):
    id: UUID
    version: int
    name: str
    questions: list[dict[str, Any]]
    active: bool
    created_at: Instant
    updated_at: Instant


class AnswerNeeds(Strict):
    """What somebody said they need, by the code of the question: text, an option, a list of them,
    1 to 5, a truth or a whole number. Questions that were answered before may be left out."""

    question_set_id: UUID
    answers: Annotated[dict[str, Any], Field(min_length=1, max_length=_MOST_QUESTIONS)]


class LeadNeedsRead(Read):
    """What is known of a lead's need, field by field."""

    id: UUID
    version: int
    need: str
    needs: dict[str, Any]
    updated_at: Instant


class ObjectionUsageQuery(Strict):
    """Of what was done in a day, week, month or quarter."""

    period: PeriodLabel


class ObjectionUsageLine(Read):
    """How often a doubt was met, what came of it by the code of the outcome, and how many entries
    there are for it now."""

    objection: Objection
    met: int
    outcomes: dict[str, Any]
    entries: int


class ObjectionUsageRead(BaseModel):
    period: str
    lines: list[ObjectionUsageLine]
