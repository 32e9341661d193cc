"""Tables of the room."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index

from crmkit.db.tables import document, instant, text
from services.leads.tables import Row


class Questionnaire(Row, table=True):
    """来访客户问卷 what visitors are asked."""

    __tablename__ = "questionnaire"
    __table_args__ = (
        Index("questionnaire_name_idx", "tenant_id", "name", "id"),
        Index("questionnaire_updated_at_idx", "tenant_id", "updated_at", "id"),
    )

    name: str = text()
    questions: list[dict[str, Any]] = document()
    active: bool = True


class VisitorSurvey(Row, table=True):
    """What a visitor answered, beside the questions as they were then."""

    __tablename__ = "visitor_survey"
    __table_args__ = (
        Index("visitor_survey_answered_at_idx", "tenant_id", "answered_at", "id"),
        Index("visitor_survey_lead_idx", "tenant_id", "lead_id", "answered_at", "id"),
        Index(
            "visitor_survey_questionnaire_idx", "tenant_id", "questionnaire_id", "answered_at", "id"
        ),
    )

    questionnaire_id: UUID
    visit_id: UUID | None = None
    lead_id: UUID
    questions: list[dict[str, Any]] = document()
    answers: dict[str, Any] = document()
    owner_id: UUID
    team: str = text()
    region: str = text()
    answered_at: datetime = instant()
    erased_at: datetime | None = instant(default=None)
