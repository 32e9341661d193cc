"""What leads tells of plans: what people mean to do."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from crmkit.events.envelope import Event, State


class WorkPlanState(State):
    """工作计划 what one owner has said they will do in one period."""

    period: str
    starts_on: date
    ends_on: date
    owner_id: UUID
    team: str
    region: str
    due_at: datetime
    submitted_at: datetime
    on_time: bool
    planned: int
    note: str


class FollowUpTemplateState(State):
    """跟进策略 the steps after which somebody is looked after."""

    name: str
    account_class: str
    lifecycle: str
    trigger: str
    active: bool
    steps: list[dict[str, Any]]
    owner_id: UUID | None = None


class FollowUpPlanState(State):
    """跟进计划 a template at work on one lead, account or opportunity."""

    template_id: UUID
    name: str
    status: str
    lead_id: UUID | None
    account_id: UUID | None
    contact_id: UUID | None
    opportunity_id: UUID | None
    owner_id: UUID
    team: str
    region: str
    started_at: datetime
    steps: list[dict[str, Any]]
    position: int
    next_at: datetime | None
    overdue: int
    ended_at: datetime | None
    stop_reason: str | None


class WorkPlanSubmitted(Event[WorkPlanState], type="work_plan.submitted.v1"):
    """Somebody handed in their plan of a day, week or month."""


class WorkPlanRevised(Event[WorkPlanState], type="work_plan.revised.v1"):
    """A plan was handed in again."""


class FollowUpTemplateCreated(Event[FollowUpTemplateState], type="follow_up_template.created.v1"):
    """A template of follow-ups was drawn up."""


class FollowUpTemplateUpdated(Event[FollowUpTemplateState], type="follow_up_template.updated.v1"):
    """A template changed, or is used no more."""


class FollowUpStarted(Event[FollowUpPlanState], type="follow_up_plan.started.v1"):
    """Somebody is followed up by a template."""


class FollowUpAdvanced(Event[FollowUpPlanState], type="follow_up_plan.advanced.v1"):
    """A step was planned as an activity, or done in time."""


class FollowUpOverdue(Event[FollowUpPlanState], type="follow_up_plan.overdue.v1"):
    """逾期提醒 a step was not done a day after it was due."""


class FollowUpFinished(Event[FollowUpPlanState], type="follow_up_plan.finished.v1"):
    """Every step of a plan is behind it."""


class FollowUpMoved(Event[FollowUpPlanState], type="follow_up_plan.moved.v1"):
    """A plan went to another lead or account, for its own became part of that one."""


class FollowUpHandedOver(Event[FollowUpPlanState], type="follow_up_plan.handed_over.v1"):
    """A plan went with its lead: into a pool, or to whoever got the lead out of it."""


class FollowUpStopped(Event[FollowUpPlanState], type="follow_up_plan.stopped.v1"):
    """A plan was stopped, by hand or because its lead was closed; what was planned is cancelled."""
