"""Tables of the room."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index

from crmkit.db.tables import day, document, enum, instant, text
from services.leads.assignment.domain import Strategy
from services.leads.tables import Row


class AssignmentRule(Row, table=True):
    """分配规则 which leads go to whom; lower ranks are asked first."""

    __tablename__ = "assignment_rule"
    __table_args__ = (
        Index("assignment_rule_rank_idx", "tenant_id", "rank", "id"),
        Index("assignment_rule_updated_at_idx", "tenant_id", "updated_at", "id"),
    )

    name: str = text()
    rank: int
    active: bool = True
    strategy: Strategy = enum(Strategy)
    pool_id: UUID
    sources: list[str] = document(default=[])
    regions: list[str] = document(default=[])
    products: list[str] = document(default=[])
    last_member_id: UUID | None = None
    segment_id: UUID | None = None
    skills: dict[str, Any] = document(default={})


class Absence(Row, table=True):
    """休假 days on which somebody is given no leads, the first and the last of them included."""

    __tablename__ = "absence"
    __table_args__ = (
        Index("absence_owner_idx", "tenant_id", "owner_id", "until_on", "id"),
        Index("absence_from_idx", "tenant_id", "from_on", "id"),
        Index("absence_updated_at_idx", "tenant_id", "updated_at", "id"),
    )

    owner_id: UUID
    team: str = text()
    from_on: date = day()
    until_on: date = day()
    note: str = text(default="")
    deleted_at: datetime | None = instant(default=None)
