"""Tables of the room."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Index, Numeric
from sqlalchemy import text as sql
from sqlmodel import Field

from crmkit.components.custom import CustomField, field_indexes
from crmkit.components.jobs.models import Job, JobPart, job_indexes, part_indexes
from crmkit.db.tables import document, enum, instant, text
from services.leads.activity.domain import (
    ActivityKind,
    ActivityOutcome,
    ActivityStatus,
    CallDirection,
    MessageChannel,
    Objection,
    Sentiment,
)
from services.leads.tables import Row

DEGREES: Any = Numeric(9, 6)
"""WGS 84, to about 0.1 m."""


class Activity(Row, table=True):
    """销售活动 a call, visit, meeting, demo, message, tour or return visit."""

    __tablename__ = "activity"
    __table_args__ = (
        Index("activity_done_at_idx", "tenant_id", "done_at", "id"),
        Index("activity_due_at_idx", "tenant_id", "due_at", "id"),
        Index("activity_owner_idx", "tenant_id", "owner_id", "done_at", "id"),
        Index("activity_lead_idx", "tenant_id", "lead_id", "done_at", "id"),
        Index("activity_account_idx", "tenant_id", "account_id", "done_at", "id"),
        Index(
            "activity_contact_idx",
            *("tenant_id", "contact_id", "done_at", "id"),
            postgresql_where=sql("contact_id is not null"),
        ),
        Index(
            "activity_follow_up_plan_idx",
            *("tenant_id", "follow_up_plan_id", "due_at"),
            postgresql_where=sql("follow_up_plan_id is not null"),
        ),
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
    contact_id: UUID | None = None
    direction: CallDirection | None = enum(CallDirection, default=None)
    connected: bool | None = None
    channel: MessageChannel | None = enum(MessageChannel, default=None)
    outcome_code: ActivityOutcome | None = enum(ActivityOutcome, default=None)
    objection: Objection | None = enum(Objection, default=None)
    sentiment: Sentiment | None = enum(Sentiment, default=None)
    duration_minutes: int | None = None
    notes: str = text(default="")
    checked_in_at: datetime | None = instant(default=None)
    latitude: Decimal | None = Field(default=None, sa_type=DEGREES)
    longitude: Decimal | None = Field(default=None, sa_type=DEGREES)
    place: str = text(default="")
    follows_id: UUID | None = None
    follow_up_id: UUID | None = None
    follow_up_plan_id: UUID | None = None
    follow_up_step: int | None = None
    with_customer: bool | None = None
    deleted_at: datetime | None = instant(default=None)
    erased_at: datetime | None = instant(default=None)
    custom: dict[str, Any] = document(default={})


class ActivityField(Row, CustomField, table=True):
    """自定义字段 what a tenant adds to activities."""

    __tablename__ = "activity_field"
    __table_args__ = field_indexes("activity_field")


class ActivityJob(Row, Job, table=True):
    """导入导出 an import or export of activities."""

    __tablename__ = "activity_job"
    __table_args__ = job_indexes("activity_job")


class ActivityJobPart(Row, JobPart, table=True):
    """The files that belong to imports and exports, in pieces."""

    __tablename__ = "activity_job_part"
    __table_args__ = part_indexes("activity_job_part")
