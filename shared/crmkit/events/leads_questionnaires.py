"""What leads tells of what visitors are asked, and what they answer."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from crmkit.events.envelope import Event, State


class QuestionnaireState(State):
    """来访客户问卷 what visitors are asked."""

    name: str
    questions: list[dict[str, Any]]
    active: bool


class VisitorSurveyState(State):
    """What a visitor answered, beside the questions as they were then."""

    personal: ClassVar[frozenset[str]] = frozenset({"answers"})

    questionnaire_id: UUID
    visit_id: UUID | None
    lead_id: UUID
    questions: list[dict[str, Any]]
    answers: dict[str, Any]
    owner_id: UUID
    team: str
    region: str
    answered_at: datetime
    erased_at: datetime | None = None


class QuestionnaireCreated(Event[QuestionnaireState], type="questionnaire.created.v1"):
    """A questionnaire was drawn up."""


class QuestionnaireUpdated(Event[QuestionnaireState], type="questionnaire.updated.v1"):
    """A questionnaire asks something else, or is handed out no more, or again."""


class VisitorSurveyAnswered(Event[VisitorSurveyState], type="visitor_survey.answered.v1"):
    """A visitor filled in a questionnaire."""


class VisitorSurveyMoved(Event[VisitorSurveyState], type="visitor_survey.moved.v1"):
    """What a visitor answered went to another lead, for their own became one with it, or came back
    from there."""
