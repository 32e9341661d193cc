"""What comes in and goes out."""

from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints, WithJsonSchema

from crmkit.fields import Code, Flag, Instant, Name, Note, Patch, Strict, label_schema
from crmkit.kernel.period import Grain
from crmkit.web.answers import Read
from services.leads.survey.domain import QuestionKind, SurveyKind, SurveyStatus, SurveyTrigger

_MOST_QUESTIONS, _MOST_CHOICES, _LONGEST_DAYS = 50, 20, 3650
_DELIVERED_AFTER = 7

Score = Annotated[Decimal, WithJsonSchema({"type": "string", "pattern": r"^[1-5]\.[0-9]{2}$"})]
Days = Annotated[int, Field(strict=True, ge=0, le=_LONGEST_DAYS)]
PeriodLabel = Annotated[
    str, StringConstraints(max_length=10), Field(json_schema_extra=label_schema(*Grain))
]


class QuestionIn(Strict):
    """One question; `choices` are for those of kind choice, and for no others."""

    key: Code
    text: Name
    kind: QuestionKind
    choices: Annotated[list[Name], Field(max_length=_MOST_CHOICES)] = Field(default_factory=list)
    required: Flag = True


Questions = Annotated[list[QuestionIn], Field(min_length=1, max_length=_MOST_QUESTIONS)]


class SurveyTemplateCreate(Strict):
    """A new template; `every_days` is 365 for once a year, 0 for once."""

    name: Name
    kind: SurveyKind = SurveyKind.SATISFACTION
    trigger: SurveyTrigger = SurveyTrigger.HAND
    delay_days: Days = _DELIVERED_AFTER
    every_days: Days = 0
    active: Flag = True
    questions: Questions


class SurveyTemplateUpdate(Patch):
    """What is left out stays; surveys that were planned keep their questions."""

    name: Name = ""
    kind: SurveyKind = SurveyKind.SATISFACTION
    trigger: SurveyTrigger = SurveyTrigger.HAND
    delay_days: Days = _DELIVERED_AFTER
    every_days: Days = 0
    active: Flag = True
    questions: Questions = Field(default_factory=list)


class PlanSurvey(Strict):
    """Whom to ask by which template; at once, unless it says when."""

    template_id: UUID
    account_id: UUID | None = None
    contact_id: UUID | None = None
    contract_id: UUID | None = None
    owner_id: UUID | None = None
    due_at: Instant | None = None


class AnswerSurvey(Strict):
    """What was said, by the key of the question: numbers on scales, texts otherwise."""

    answers: Annotated[
        dict[str, Annotated[int, Field(strict=True)] | Note], Field(max_length=_MOST_QUESTIONS)
    ]


class LinkSurvey(Strict):
    """For how many days the link holds."""

    valid_days: Annotated[int, Field(strict=True, ge=1, le=90)] = 14


class ResultsQuery(Strict):
    """Of the surveys that were sent in a day, week, month or quarter."""

    period: PeriodLabel


class QuestionRead(BaseModel):
    """One question, as it is kept."""

    key: str
    text: str
    kind: QuestionKind
    choices: list[str]
    required: bool


class SurveyTemplateRead(Read):
    id: UUID
    version: int
    name: str
    kind: SurveyKind
    trigger: SurveyTrigger
    delay_days: int
    every_days: int
    active: bool
    questions: list[QuestionRead]
    created_at: Instant
    updated_at: Instant


class SurveyRead(Read):
    """`score` is 1.00 to 5.00, the mean of what was given in numbers; `pleased` is 4 or more."""

    id: UUID
    version: int
    template_id: UUID
    name: str
    kind: SurveyKind
    status: SurveyStatus
    account_id: UUID | None
    contact_id: UUID | None
    contract_id: UUID | None
    owner_id: UUID
    team: str
    region: str
    due_at: Instant
    every_days: int
    sent_at: Instant | None
    answered_at: Instant | None
    questions: list[QuestionRead]
    answers: dict[str, Any]
    score: Score | None
    pleased: bool | None
    erased_at: Instant | None
    link_until: Instant | None
    created_at: Instant
    updated_at: Instant


class SurveyLinkRead(SurveyRead):
    """With the token of its link, this once: `/v1/survey-answers/{token}`. Null where an earlier
    request with the same idempotency key was answered with it: make another link."""

    token: str | None

    @classmethod
    def of(cls, source: Any, masks: frozenset[str] = frozenset()) -> dict[str, Any]:
        return {**SurveyRead.of(source, masks), "token": vars(source).get("token")}


class SurveyAsked(BaseModel):
    """What whoever has a link is asked, until when; and nothing of whom, or by whom."""

    questions: list[QuestionRead]
    until: Instant


class SurveyTaken(BaseModel):
    """That the answers were taken, and nothing else."""

    accepted: bool


class ResultLine(Read):
    """客户满意度 (K30) of one template: of the surveys sent, how many were answered, and how.

    `pleased` said 4 or more of 5, `scored` said anything in numbers. Ratios have four places.
    """

    template_id: UUID
    name: str
    kind: SurveyKind
    sent: int
    answered: int
    scored: int
    pleased: int
    mean_score: str | None
    response_rate: str | None
    pleased_share: str | None


class ResultsRead(BaseModel):
    period: str
    lines: list[ResultLine]
