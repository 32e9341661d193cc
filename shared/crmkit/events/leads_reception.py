"""What leads tells of who came to see us, or called."""

from datetime import datetime
from decimal import Decimal
from typing import ClassVar
from uuid import UUID

import msgspec

from crmkit.events.envelope import Event, State
from crmkit.events.leads import LeadState


class VisitState(State):
    """来访登记 somebody came to a site; `owner_id` is the consultant who received them,
    `lead_owner_id` whose customer they are."""

    personal: ClassVar[frozenset[str]] = frozenset(
        {"name", "phone", "company", "need", "match_note"}
    )

    name: str
    phone: str
    company: str
    site: str
    source: str
    campaign_id: UUID | None
    product: str
    need: str
    budget: Decimal | None
    currency: str | None
    companions: int
    lead_id: UUID
    lead_owner_id: UUID
    is_first: bool
    ownership_protected_until: datetime | None
    owner_id: UUID
    team: str
    region: str
    visited_at: datetime
    erased_at: datetime | None = None
    matched_units: list[str] = msgspec.field(default_factory=list)
    match_note: str = ""


class EnquiryState(State):
    """电话咨询 somebody asked by telephone; `kept_at` is when they were answered, if in time."""

    personal: ClassVar[frozenset[str]] = frozenset({"name", "phone", "question", "answer"})

    name: str
    phone: str
    question: str
    product: str
    source: str
    campaign_id: UUID | None
    lead_id: UUID
    status: str
    owner_id: UUID
    team: str
    region: str
    received_at: datetime
    answer_by: datetime
    answered_at: datetime | None
    kept_at: datetime | None
    answer: str
    erased_at: datetime | None = None


class VisitRegistered(Event[VisitState], type="visit.registered.v1"):
    """来访登记 somebody came; whoever received them first has them as a customer for a while."""


class VisitUpdated(Event[VisitState], type="visit.updated.v1"):
    """What was written down of a visit changed."""


class EnquiryRegistered(Event[EnquiryState], type="enquiry.registered.v1"):
    """电话咨询 somebody asked something by telephone."""


class EnquiryUpdated(Event[EnquiryState], type="enquiry.updated.v1"):
    """What was written down of a question changed, or somebody else is to answer it."""


class EnquiryAnswered(Event[EnquiryState], type="enquiry.answered.v1"):
    """A question was answered, in time or not."""


class LeadRegistered(Event[LeadState], type="lead.registered.v1"):
    """首次登记 a lead came to see us: nobody else gets it until `ownership_protected_until`."""
