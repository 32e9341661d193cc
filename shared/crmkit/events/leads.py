"""What leads tells: who we may sell to."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from crmkit.events.components import CustomFieldState, JobState
from crmkit.events.envelope import Event, State


class AccountState(State):
    """客户 an organisation we sell to, or might."""

    name: str
    industry: str
    region: str
    country: str
    website: str
    employees: int | None
    annual_revenue: Decimal | None
    currency: str | None
    parent_id: UUID | None
    owner_id: UUID
    team: str
    external_system: str | None
    external_id: str | None
    deleted_at: datetime | None = None


class LeadState(State):
    """线索 someone who may buy; amounts are the budget they named and the price they expect.

    Of the four questions 甄别 (desire, ability, authority, eligibility) each is answered yes, no or
    not yet. A lead that was merged says into which, at which of its versions, and which activities
    went with it; `merged_from` are those that went into this one last.
    """

    company: str
    contact_name: str
    email: str | None
    phone: str | None
    source: str
    status: str
    intent: str | None
    need: str
    budget: Decimal | None
    currency: str | None
    product: str
    region: str
    owner_id: UUID
    team: str
    received_at: datetime
    qualified_at: datetime | None
    converted_at: datetime | None
    disqualified_at: datetime | None
    disqualified_reason: str
    account_id: UUID | None
    opportunity_id: UUID | None
    opportunity_name: str
    external_system: str | None
    external_id: str | None
    deleted_at: datetime | None = None
    custom: dict[str, Any] = msgspec.field(default_factory=dict)
    kind: str = "direct"
    desire: bool | None = None
    desire_note: str = ""
    ability: bool | None = None
    ability_note: str = ""
    authority: bool | None = None
    authority_note: str = ""
    eligibility: bool | None = None
    eligibility_note: str = ""
    expected_price: Decimal | None = None
    duplicate_of: UUID | None = None
    merged_into: UUID | None = None
    merged_at: datetime | None = None
    merge_version: int | None = None
    merged_from: list[UUID] = msgspec.field(default_factory=list)
    moved_activities: list[UUID] = msgspec.field(default_factory=list)
    first_response_due_at: datetime | None = None
    first_responded_at: datetime | None = None
    first_response_minutes: int | None = None
    response_overdue_at: datetime | None = None


class ActivityState(State):
    """销售活动 a call, visit, meeting, demo or message, planned or done."""

    kind: str
    subject: str
    status: str
    lead_id: UUID | None
    account_id: UUID | None
    opportunity_id: UUID | None
    owner_id: UUID
    team: str
    region: str
    due_at: datetime | None
    done_at: datetime | None
    outcome: str
    deleted_at: datetime | None = None


class AccountCreated(Event[AccountState], type="account.created.v1"):
    """An account was opened."""


class AccountUpdated(Event[AccountState], type="account.updated.v1"):
    """An account's facts changed."""


class AccountDeleted(Event[AccountState], type="account.deleted.v1"):
    """An account was put away; it can be restored for 30 days."""


class AccountRestored(Event[AccountState], type="account.restored.v1"):
    """A deleted account came back."""


class LeadCreated(Event[LeadState], type="lead.created.v1"):
    """A lead came in."""


class LeadUpdated(Event[LeadState], type="lead.updated.v1"):
    """A lead's facts changed, or it went to another owner."""


class LeadWorked(Event[LeadState], type="lead.worked.v1"):
    """Somebody began to work on a lead."""


class LeadQualified(Event[LeadState], type="lead.qualified.v1"):
    """客户意向确认 need, budget and intent were confirmed."""


class LeadDisqualified(Event[LeadState], type="lead.disqualified.v1"):
    """A lead came to nothing, with the reason."""


class LeadReopened(Event[LeadState], type="lead.reopened.v1"):
    """A disqualified lead is worked again."""


class LeadConverted(Event[LeadState], type="lead.converted.v1"):
    """A lead became an account and an opportunity, whose ids the state carries."""


class LeadDeleted(Event[LeadState], type="lead.deleted.v1"):
    """A lead was put away; it can be restored for 30 days."""


class LeadRestored(Event[LeadState], type="lead.restored.v1"):
    """A deleted lead came back."""


class ActivityPlanned(Event[ActivityState], type="activity.planned.v1"):
    """An activity was put into somebody's plan."""


class ActivityUpdated(Event[ActivityState], type="activity.updated.v1"):
    """A planned activity's facts changed."""


class ActivityCompleted(Event[ActivityState], type="activity.completed.v1"):
    """An activity took place, with its outcome."""


class ActivityCancelled(Event[ActivityState], type="activity.cancelled.v1"):
    """A planned activity will not take place."""


class LeadFieldCreated(Event[CustomFieldState], type="lead_field.created.v1"):
    """A tenant added a field of its own to leads."""


class LeadFieldUpdated(Event[CustomFieldState], type="lead_field.updated.v1"):
    """A tenant's own field changed."""


class LeadFieldDeleted(Event[CustomFieldState], type="lead_field.deleted.v1"):
    """A tenant's own field was taken away; the values stay where they are."""


class LeadJobRequested(Event[JobState], type="lead_job.requested.v1"):
    """Somebody asked for an import or export of leads."""


class LeadJobProgressed(Event[JobState], type="lead_job.progressed.v1"):
    """An import or export of leads came a batch further."""


class LeadJobEnded(Event[JobState], type="lead_job.ended.v1"):
    """An import or export of leads is done, undone, cancelled or failed."""
