"""Tables of the room."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Index

from crmkit.components.jobs.models import Job, JobPart, job_indexes, part_indexes
from crmkit.db.tables import day, enum, instant, text
from services.leads.feedback.domain import (
    FeedbackCost,
    FeedbackEffect,
    FeedbackKind,
    FeedbackStatus,
)
from services.leads.tables import Row


class Feedback(Row, table=True):
    """销售团队反馈 what its owner says hinders or helps them; `sender_id` is the owner, or nobody
    where they stay unnamed 匿名."""

    __tablename__ = "feedback"
    __table_args__ = (
        Index("feedback_received_at_idx", "tenant_id", "received_at", "id"),
        Index("feedback_owner_idx", "tenant_id", "owner_id", "received_at", "id"),
        Index("feedback_assignee_idx", "tenant_id", "assignee_id", "id"),
        Index("feedback_lead_idx", "tenant_id", "lead_id", "received_at", "id"),
        Index("feedback_updated_at_idx", "tenant_id", "updated_at", "id"),
    )

    kind: FeedbackKind = enum(FeedbackKind)
    effect: FeedbackEffect = enum(FeedbackEffect)
    cost: FeedbackCost = enum(FeedbackCost)
    status: FeedbackStatus = enum(FeedbackStatus, default=FeedbackStatus.NEW)
    details: str = text()
    step: str = text(default="")
    lead_id: UUID | None = None
    campaign_id: UUID | None = None
    unnamed: bool = False
    sender_id: UUID | None = None
    owner_id: UUID
    team: str = text()
    region: str = text()
    received_at: datetime = instant()
    assignee_id: UUID | None = None
    due_on: date | None = day(default=None)
    answer: str = text(default="")
    result: str = text(default="")
    decided_at: datetime | None = instant(default=None)
    decided_by: UUID | None = None
    done_at: datetime | None = instant(default=None)
    erased_at: datetime | None = instant(default=None)


class FeedbackJob(Row, Job, table=True):
    """导出 an export of feedback."""

    __tablename__ = "feedback_job"
    __table_args__ = job_indexes("feedback_job")


class FeedbackJobPart(Row, JobPart, table=True):
    """The files that belong to exports, in pieces."""

    __tablename__ = "feedback_job_part"
    __table_args__ = part_indexes("feedback_job_part")
