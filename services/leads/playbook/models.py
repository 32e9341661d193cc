"""Tables of the room."""

from typing import Any

from sqlalchemy import Index

from crmkit.db.tables import document, enum, text
from services.leads.activity.domain import Objection
from services.leads.tables import Row


class ObjectionEntry(Row, table=True):
    """异议库 something customers say against it, and what is answered, best first."""

    __tablename__ = "objection_entry"
    __table_args__ = (
        Index("objection_entry_objection_idx", "tenant_id", "objection", "id"),
        Index("objection_entry_updated_at_idx", "tenant_id", "updated_at", "id"),
    )

    objection: Objection = enum(Objection)
    says: str = text()
    answers: list[str] = document()
    product: str = text(default="")
    active: bool = True


class QuestionSet(Row, table=True):
    """开放性问题 what is asked to understand what somebody needs."""

    __tablename__ = "question_set"
    __table_args__ = (
        Index("question_set_name_idx", "tenant_id", "name", "id"),
        Index("question_set_updated_at_idx", "tenant_id", "updated_at", "id"),
    )

    name: str = text()
    questions: list[dict[str, Any]] = document()
    active: bool = True
