"""Tables of the room."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy import text as sql

from crmkit.db.tables import document, enum, instant, text
from services.leads.followup.domain import (
    Document,
    FollowUpStatus,
    FollowUpStopReason,
    FollowUpTrigger,
)
from services.leads.tables import Row

_RUNNING = sql("status = 'running'")


class FollowUpTemplate(Row, table=True):
    """跟进策略 the steps after which somebody is looked after, for a class or stage of accounts."""

    __tablename__ = "follow_up_template"
    __table_args__ = (
        Index("follow_up_template_name_key", "tenant_id", "name", unique=True),
        Index("follow_up_template_updated_at_idx", "tenant_id", "updated_at", "id"),
    )

    name: str = text()
    account_class: str = text(default="")
    lifecycle: str = text(default="")
    trigger: FollowUpTrigger = enum(FollowUpTrigger)
    active: bool = True
    steps: Document = document()
    owner_id: UUID | None = None


class FollowUpPlan(Row, table=True):
    """跟进计划 a template at work on one lead, account or opportunity.

    `position` is the number of actions done, `next_at` when the next one is due. Its steps are
    those the template had when it began.
    """

    __tablename__ = "follow_up_plan"
    __table_args__ = (
        Index("follow_up_plan_owner_idx", "tenant_id", "owner_id", "started_at", "id"),
        Index("follow_up_plan_started_at_idx", "tenant_id", "started_at", "id"),
        Index("follow_up_plan_updated_at_idx", "tenant_id", "updated_at", "id"),
        Index("follow_up_plan_account_idx", "tenant_id", "account_id", "started_at", "id"),
        Index(
            "follow_up_plan_lead_idx",
            *("tenant_id", "lead_id", "started_at", "id"),
            postgresql_where=sql("lead_id is not null"),
        ),
        Index("follow_up_plan_due_idx", "tenant_id", "next_at", "id", postgresql_where=_RUNNING),
        Index(
            "follow_up_plan_of_lead_idx",
            *("tenant_id", "lead_id", "id"),
            postgresql_where=sql("status = 'running' and lead_id is not null"),
        ),
        Index(
            "follow_up_plan_lead_key",
            "tenant_id",
            "lead_id",
            "template_id",
            unique=True,
            postgresql_where=_RUNNING,
        ),
    )

    template_id: UUID
    name: str = text()
    status: FollowUpStatus = enum(FollowUpStatus)
    lead_id: UUID | None = None
    account_id: UUID | None = None
    contact_id: UUID | None = None
    opportunity_id: UUID | None = None
    owner_id: UUID
    team: str = text()
    region: str = text()
    started_at: datetime = instant()
    steps: Document = document()
    position: int = 0
    next_at: datetime | None = instant(default=None)
    overdue: int = 0
    ended_at: datetime | None = instant(default=None)
    stop_reason: FollowUpStopReason | None = enum(FollowUpStopReason, default=None)
