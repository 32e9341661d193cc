"""What leads tells of plans: what people mean to do."""

from datetime import date, datetime
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


class WorkPlanSubmitted(Event[WorkPlanState], type="work_plan.submitted.v1"):
    """Somebody handed in their plan of a day, week or month."""


class WorkPlanRevised(Event[WorkPlanState], type="work_plan.revised.v1"):
    """A plan was handed in again."""
