"""What leads tells of surveys: who was asked, and what they said."""

from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from crmkit.events.envelope import Event, State


class SurveyTemplateState(State):
    """问卷 what is asked, and when."""

    name: str
    kind: str
    trigger: str
    delay_days: int
    every_days: int
    active: bool
    questions: list[dict[str, Any]]


class SurveyState(State):
    """满意度调查 one asking of one customer; `score` is 1.00 to 5.00."""

    personal: ClassVar[frozenset[str]] = frozenset({"answers"})
    private: ClassVar[frozenset[str]] = frozenset({"link_hash"})

    template_id: UUID
    name: str
    kind: str
    status: str
    account_id: UUID | None
    contact_id: UUID | None
    contract_id: UUID | None
    owner_id: UUID
    team: str
    region: str
    due_at: datetime
    every_days: int
    sent_at: datetime | None
    answered_at: datetime | None
    questions: list[dict[str, Any]]
    answers: dict[str, Any]
    score: Decimal | None
    pleased: bool | None
    erased_at: datetime | None = None
    link_hash: str | None = None
    link_until: datetime | None = None


class SurveyTemplateCreated(Event[SurveyTemplateState], type="survey_template.created.v1"):
    """A template of surveys was drawn up."""


class SurveyTemplateUpdated(Event[SurveyTemplateState], type="survey_template.updated.v1"):
    """A template of surveys changed, or is used no more."""


class SurveyPlanned(Event[SurveyState], type="survey.planned.v1"):
    """Somebody is to be asked."""


class SurveySent(Event[SurveyState], type="survey.sent.v1"):
    """Somebody is asked now; whoever hears of it brings them the questions."""


class SurveyLinked(Event[SurveyState], type="survey.linked.v1"):
    """Somebody may answer by a link until `link_until`; one that was made before opens nothing."""


class SurveyAnswered(Event[SurveyState], type="survey.answered.v1"):
    """Somebody answered, and how satisfied they say they are."""


class SurveyCancelled(Event[SurveyState], type="survey.cancelled.v1"):
    """Somebody is not asked any more."""


class SurveyMoved(Event[SurveyState], type="survey.moved.v1"):
    """A survey went to another account, for its own became part of that one."""
