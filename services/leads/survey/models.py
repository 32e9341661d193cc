"""Tables of the room."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Index, Numeric
from sqlalchemy import text as sql
from sqlmodel import Field

from crmkit.db.tables import document, enum, instant, text
from services.leads.survey.domain import (
    Document,
    SurveyKind,
    SurveyStatus,
    SurveyTrigger,
)
from services.leads.tables import Row

SCORE: Any = Numeric(4, 2)
"""1.00 to 5.00."""


class SurveyTemplate(Row, table=True):
    """问卷 what is asked, and when: so many days after what triggers it, and every so many days."""

    __tablename__ = "survey_template"
    __table_args__ = (
        Index("survey_template_name_key", "tenant_id", "name", unique=True),
        Index("survey_template_updated_at_idx", "tenant_id", "updated_at", "id"),
    )

    name: str = text()
    kind: SurveyKind = enum(SurveyKind)
    trigger: SurveyTrigger = enum(SurveyTrigger)
    delay_days: int
    every_days: int
    active: bool = True
    questions: Document = document()


class Survey(Row, table=True):
    """满意度调查 one asking of one customer, with the questions the template had then."""

    __tablename__ = "survey"
    __table_args__ = (
        Index("survey_due_at_idx", "tenant_id", "due_at", "id"),
        Index("survey_updated_at_idx", "tenant_id", "updated_at", "id"),
        Index("survey_owner_idx", "tenant_id", "owner_id", "due_at", "id"),
        Index("survey_account_idx", "tenant_id", "account_id", "due_at", "id"),
        Index(
            "survey_contact_idx",
            *("tenant_id", "contact_id"),
            postgresql_where=sql("contact_id is not null"),
        ),
        Index(
            "survey_to_send_idx",
            *("tenant_id", "due_at", "id"),
            postgresql_where=sql("status = 'planned'"),
        ),
    )

    template_id: UUID
    name: str = text()
    kind: SurveyKind = enum(SurveyKind)
    status: SurveyStatus = enum(SurveyStatus)
    account_id: UUID | None = None
    contact_id: UUID | None = None
    contract_id: UUID | None = None
    owner_id: UUID
    team: str = text()
    region: str = text()
    due_at: datetime = instant()
    every_days: int
    sent_at: datetime | None = instant(default=None)
    answered_at: datetime | None = instant(default=None)
    questions: Document = document()
    answers: dict[str, Any] = document(default={})
    score: Decimal | None = Field(default=None, sa_type=SCORE)
    pleased: bool | None = None
    erased_at: datetime | None = instant(default=None)
    link_hash: str | None = text(default=None)
    link_until: datetime | None = instant(default=None)
