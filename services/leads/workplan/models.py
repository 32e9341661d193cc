"""Tables of the room."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Index

from crmkit.db.tables import day, instant, text
from services.leads.tables import Row


class WorkPlan(Row, table=True):
    """工作计划 what one owner has said they will do in one period; `ends_on` is its last day."""

    __tablename__ = "work_plan"
    __table_args__ = (
        Index("work_plan_period_key", "tenant_id", "period", "owner_id", unique=True),
        Index("work_plan_owner_idx", "tenant_id", "owner_id", "starts_on", "id"),
        Index("work_plan_starts_on_idx", "tenant_id", "starts_on", "id"),
        Index("work_plan_updated_at_idx", "tenant_id", "updated_at", "id"),
    )

    period: str = text()
    starts_on: date = day()
    ends_on: date = day()
    owner_id: UUID
    team: str = text()
    region: str = text()
    due_at: datetime = instant()
    submitted_at: datetime = instant()
    on_time: bool
    planned: int
    note: str = text(default="")
