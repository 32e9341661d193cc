"""What leads tells: who we may sell to."""

from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

import msgspec

from crmkit.events.components import CustomFieldState, JobOfPeopleState
from crmkit.events.envelope import Event, State


class AccountState(State):
    """客户 an organisation we sell to, or might; some are persons, who can be erased."""

    personal: ClassVar[frozenset[str]] = frozenset(
        {"name", "website", "external_id", "preferences", "lost_reason", "custom"}
    )

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
    grade: str | None = None
    tier: str = "ordinary"
    is_important: bool = False
    is_problem: bool = False
    segment: str = ""
    preferences: dict[str, str] = msgspec.field(default_factory=dict)
    lifecycle: str = "prospect"
    lifecycle_at: datetime | None = None
    customer_since: datetime | None = None
    lost_reason: str = ""
    merged_into: UUID | None = None
    contacted_at: datetime | None = None
    custom: dict[str, Any] = msgspec.field(default_factory=dict)
    erased_at: datetime | None = None


class LeadState(State):
    """线索 someone who may buy; amounts are the budget they named and the price they expect.

    Of the four questions 甄别 (desire, ability, authority, eligibility) each is answered yes, no or
    not yet. A lead that was merged says into which, at which of its versions, and which activities
    and other records went with it; `merged_from` are those that went into this one last. `score` is
    0 to 100, and `scoring` says what it is made of. `deal_erased` says of one that was erased
    whether the deal it became bore their name. `needs` are answers by the code of a question.
    """

    personal: ClassVar[frozenset[str]] = frozenset(
        {
            *(
                "company",
                "contact_name",
                "email",
                "phone",
                "external_id",
                "custom",
                "need",
                "needs",
            ),
            "opportunity_name",  # whoever names no company is their own, and so is their deal
            *("desire_note", "ability_note", "authority_note", "eligibility_note"),
            *("disqualified_reason", "released_note"),
        }
    )

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
    campaign_id: UUID | None = None
    referrer_id: UUID | None = None
    ownership_protected_until: datetime | None = None
    custom: dict[str, Any] = msgspec.field(default_factory=dict)
    channel_partner_id: UUID | None = None
    pool_id: UUID | None = None
    claimed_at: datetime | None = None
    recycle_at: datetime | None = None
    recycle_due_at: datetime | None = None
    protected: bool = False
    released_by: UUID | None = None
    released_at: datetime | None = None
    released_reason: str = ""
    released_note: str = ""
    rule_id: UUID | None = None
    strategy: str = ""
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
    moved_records: list[UUID] = msgspec.field(default_factory=list)
    contact_id: UUID | None = None
    first_response_due_at: datetime | None = None
    first_responded_at: datetime | None = None
    first_response_minutes: int | None = None
    response_overdue_at: datetime | None = None
    erased_at: datetime | None = None
    score: int | None = None
    grade: str | None = None
    scored_at: datetime | None = None
    scoring: dict[str, Any] = msgspec.field(default_factory=dict)
    deal_erased: bool = False
    needs: dict[str, Any] = msgspec.field(default_factory=dict)


class ActivityState(State):
    """销售活动 a call, visit, meeting, demo or message, planned or done; `with_customer` says of
    one that was done whether its account was a customer then."""

    personal: ClassVar[frozenset[str]] = frozenset(
        {"subject", "outcome", "notes", "place", "latitude", "longitude", "custom"}
    )

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
    contact_id: UUID | None = None
    direction: str | None = None
    connected: bool | None = None
    channel: str | None = None
    outcome_code: str | None = None
    objection: str | None = None
    sentiment: str | None = None
    duration_minutes: int | None = None
    notes: str = ""
    checked_in_at: datetime | None = None
    latitude: Decimal | None = None
    longitude: Decimal | None = None
    place: str = ""
    follows_id: UUID | None = None
    follow_up_id: UUID | None = None
    follow_up_plan_id: UUID | None = None
    follow_up_step: int | None = None
    with_customer: bool | None = None
    custom: dict[str, Any] = msgspec.field(default_factory=dict)
    erased_at: datetime | None = None


class AccountCreated(Event[AccountState], type="account.created.v1"):
    """An account was opened."""


class AccountUpdated(Event[AccountState], type="account.updated.v1"):
    """An account's facts changed."""


class AccountLifecycleChanged(Event[AccountState], type="account.lifecycle_changed.v1"):
    """An account came further with us, was lost, or was won back."""


class AccountMerged(Event[AccountState], type="account.merged.v1"):
    """An account became part of another one, `merged_into`; what it had belongs to that one now."""


class AccountContacted(Event[AccountState], type="account.contacted.v1"):
    """首次接触 somebody was spoken to there for the first time, or earlier than was known."""


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
    """A lead became an account, an opportunity and a contact there, as far as they were wanted; the
    state carries their ids."""


class LeadDeleted(Event[LeadState], type="lead.deleted.v1"):
    """A lead was put away; it can be restored for 30 days."""


class LeadRestored(Event[LeadState], type="lead.restored.v1"):
    """A deleted lead came back."""


class ActivityPlanned(Event[ActivityState], type="activity.planned.v1"):
    """An activity was put into somebody's plan."""


class ActivityUpdated(Event[ActivityState], type="activity.updated.v1"):
    """A planned activity's facts changed."""


class ActivityCheckedIn(Event[ActivityState], type="activity.checked_in.v1"):
    """签到 somebody arrived for a planned visit or tour."""


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


class LeadJobRequested(Event[JobOfPeopleState], type="lead_job.requested.v1"):
    """Somebody asked for an import or export of leads."""


class LeadJobProgressed(Event[JobOfPeopleState], type="lead_job.progressed.v1"):
    """An import or export of leads came a batch further."""


class LeadJobEnded(Event[JobOfPeopleState], type="lead_job.ended.v1"):
    """An import or export of leads is done, undone, cancelled or failed."""
