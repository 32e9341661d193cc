"""What comes in and goes out."""

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints

from crmkit.fields import Day, Instant, Note, Strict, label_schema
from crmkit.kernel.period import Grain
from crmkit.web.answers import Read

PlanLabel = Annotated[
    str,
    StringConstraints(max_length=10),
    Field(json_schema_extra=label_schema(Grain.DAY, Grain.WEEK, Grain.MONTH)),
]


class SubmitPlan(Strict):
    """The caller's plan of a day, week or month: the activities that are due in it by then."""

    period: PlanLabel
    note: Note = ""


class ProgressQuery(Strict):
    """Of a day, week or month, of one owner or of all whom the caller sees."""

    period: PlanLabel
    owner_id: UUID | None = None


class WorkPlanRead(Read):
    """`submitted_at` and `on_time` are of the first time, `planned` and `note` of the last.

    `planned` is how many activities were due in the period.
    """

    id: UUID
    version: int
    period: str
    starts_on: Day
    ends_on: Day
    owner_id: UUID
    team: str
    region: str
    due_at: Instant
    submitted_at: Instant
    on_time: bool
    planned: int
    note: str
    created_at: Instant
    updated_at: Instant


class PlanLine(Read):
    """One owner: of the activities due in the period, how many were assigned and done.

    `team` is the one they planned in, or were in where they handed no plan in.

    `late` were done after they were due, `overdue` are due and not done, `unplanned` were done
    without a plan. Visits are visits, return visits and tours. `completion` (K41) is a ratio of
    four places; "1.0000" is all of it. What was cancelled is not assigned.
    """

    owner_id: UUID
    team: str
    assigned: int
    done: int
    late: int
    overdue: int
    cancelled: int
    unplanned: int
    calls_assigned: int
    calls_done: int
    visits_assigned: int
    visits_done: int
    completion: str | None
    plan_id: UUID | None
    submitted_at: Instant | None
    on_time: bool | None


class PlanProgressRead(BaseModel):
    """`due_at` is until when a plan of the period is on time."""

    period: str
    starts_on: Day
    ends_on: Day
    due_at: Instant
    lines: list[PlanLine]
