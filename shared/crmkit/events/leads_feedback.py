"""What leads tells of what those who sell say hinders or helps them."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from crmkit.events.envelope import Event, State


class FeedbackState(State):
    """销售团队反馈 what somebody says hinders or helps; `sender_id` is empty where they stay
    unnamed, and then the events by which they sent and changed it name no actor, either."""

    private: ClassVar[frozenset[str]] = frozenset({"owner_id"})
    personal: ClassVar[frozenset[str]] = frozenset({"details", "answer", "result"})

    kind: str
    effect: str
    cost: str
    status: str
    details: str
    step: str
    lead_id: UUID | None
    campaign_id: UUID | None
    unnamed: bool
    sender_id: UUID | None
    owner_id: UUID
    team: str
    region: str
    received_at: datetime
    assignee_id: UUID | None
    due_on: date | None
    answer: str
    result: str
    decided_at: datetime | None
    decided_by: UUID | None
    done_at: datetime | None
    erased_at: datetime | None


class FeedbackReceived(Event[FeedbackState], type="feedback.received.v1"):
    """反馈 somebody said what hinders or helps them."""


class FeedbackUpdated(Event[FeedbackState], type="feedback.updated.v1"):
    """What was said was put right."""


class FeedbackAccepted(Event[FeedbackState], type="feedback.accepted.v1"):
    """采纳 somebody sees to it, by a day."""


class FeedbackHandedOver(Event[FeedbackState], type="feedback.handed_over.v1"):
    """转交 somebody else sees to it, or by another day."""


class FeedbackDeclined(Event[FeedbackState], type="feedback.declined.v1"):
    """不采纳 nothing comes of it, for the reason answered."""


class FeedbackDone(Event[FeedbackState], type="feedback.done.v1"):
    """Something was changed because of it."""
