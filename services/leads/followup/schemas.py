"""What comes in and goes out."""

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from crmkit.fields import Flag, Instant, Label, Name, Patch, Strict
from crmkit.web.answers import Read
from services.leads.activity.domain import ActivityKind
from services.leads.followup.domain import FollowUpStatus, FollowUpStopReason, FollowUpTrigger

_LONGEST_DAYS, _MOST_STEPS = 3650, 50


class FollowUpStepIn(Strict):
    """What is due so many days after the plan began."""

    after_days: Annotated[int, Field(strict=True, ge=0, le=_LONGEST_DAYS)]
    kind: ActivityKind
    subject: Name


Steps = Annotated[list[FollowUpStepIn], Field(min_length=1, max_length=_MOST_STEPS)]


class FollowUpTemplateCreate(Strict):
    """A new template; `account_class` and `lifecycle` say for whom it is meant, '' for all. What
    starts by itself looks at them: at the grade or tier of an account, and at its stage.
    `owner_id` does what starts by itself, else whoever has the contract or account."""

    name: Name
    account_class: Label = ""
    lifecycle: Label = ""
    trigger: FollowUpTrigger = FollowUpTrigger.HAND
    active: Flag = True
    steps: Steps
    owner_id: UUID | None = None


class FollowUpTemplateUpdate(Patch):
    """What is left out stays; plans that run keep the steps they began with."""

    name: Name = ""
    account_class: Label = ""
    lifecycle: Label = ""
    trigger: FollowUpTrigger = FollowUpTrigger.HAND
    active: Flag = True
    steps: Steps = Field(default_factory=list)
    owner_id: UUID | None = None


class StartFollowUp(Strict):
    """Whom to follow up by which template: a lead, an account, an opportunity, or all of them."""

    template_id: UUID
    lead_id: UUID | None = None
    account_id: UUID | None = None
    contact_id: UUID | None = None
    opportunity_id: UUID | None = None
    owner_id: UUID | None = None


class FollowUpStepRead(BaseModel):
    """One step, as it is kept."""

    after_days: int
    kind: ActivityKind
    subject: str


class FollowUpTemplateRead(Read):
    id: UUID
    version: int
    name: str
    account_class: str
    lifecycle: str
    trigger: FollowUpTrigger
    active: bool
    steps: list[FollowUpStepRead]
    owner_id: UUID | None
    created_at: Instant
    updated_at: Instant


class FollowUpPlanRead(Read):
    """`overdue` counts the steps that were not done a day after they were due."""

    id: UUID
    version: int
    template_id: UUID
    name: str
    status: FollowUpStatus
    lead_id: UUID | None
    account_id: UUID | None
    contact_id: UUID | None
    opportunity_id: UUID | None
    owner_id: UUID
    team: str
    region: str
    started_at: Instant
    steps: list[FollowUpStepRead]
    next_at: Instant | None
    overdue: int
    ended_at: Instant | None
    stop_reason: FollowUpStopReason | None
    created_at: Instant
    updated_at: Instant
