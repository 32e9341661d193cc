"""Tables of the room."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index

from crmkit.db.tables import enum, instant, text
from services.leads.activity.domain import ActivityKind, ActivityStatus
from services.leads.tables import Row


class Activity(Row, table=True):
    """销售活动 a call, visit, meeting, demo or message."""

    __tablename__ = "activity"
    __table_args__ = (
        Index("activity_done_at_idx", "tenant_id", "done_at", "id"),
        Index("activity_due_at_idx", "tenant_id", "due_at", "id"),
        Index("activity_owner_idx", "tenant_id", "owner_id", "done_at", "id"),
        Index("activity_lead_idx", "tenant_id", "lead_id", "done_at", "id"),
        Index("activity_account_idx", "tenant_id", "account_id", "done_at", "id"),
        Index("activity_opportunity_idx", "tenant_id", "opportunity_id", "done_at", "id"),
        Index("activity_updated_at_idx", "tenant_id", "updated_at", "id"),
    )

    kind: ActivityKind = enum(ActivityKind)
    subject: str = text()
    status: ActivityStatus = enum(ActivityStatus)
    lead_id: UUID | None = None
    account_id: UUID | None = None
    opportunity_id: UUID | None = None
    owner_id: UUID
    team: str = text()
    region: str = text()
    due_at: datetime | None = instant(default=None)
    done_at: datetime | None = instant(default=None)
    outcome: str = text(default="")
    deleted_at: datetime | None = instant(default=None)
