"""What comes in: of each event's state the fields that figures need."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

import msgspec

_NOBODY = UUID(int=0)


class Lead(msgspec.Struct):
    """A lead's budget is nobody's money yet, so its currency stays out."""

    owner_id: UUID
    team: str
    region: str
    source: str
    product: str
    received_at: datetime
    qualified_at: datetime | None
    converted_at: datetime | None
    deleted_at: datetime | None = None
    campaign_id: UUID | None = None
    referrer_id: UUID | None = None
    channel_partner_id: UUID | None = None
    first_response_due_at: datetime | None = None
    first_responded_at: datetime | None = None
    first_response_minutes: int | None = None


class Activity(msgspec.Struct):
    owner_id: UUID
    team: str
    region: str
    kind: str
    done_at: datetime | None
    due_at: datetime | None
    status: str
    deleted_at: datetime | None = None
    direction: str | None = None
    connected: bool | None = None
    with_customer: bool | None = None


class Opportunity(msgspec.Struct):
    owner_id: UUID
    team: str
    region: str
    source: str
    product: str
    amount: Decimal
    currency: str
    opened_at: datetime
    won_at: datetime | None
    lost_at: datetime | None
    deleted_at: datetime | None = None


class Contract(msgspec.Struct):
    owner_id: UUID
    team: str
    region: str
    source: str
    product: str
    amount: Decimal
    currency: str
    signed_at: datetime | None
    voided_at: datetime | None
    campaign_id: UUID | None = None
    channel_partner_id: UUID | None = None
    account_tier: str = ""


class Receipt(msgspec.Struct):
    owner_id: UUID
    team: str
    region: str
    source: str
    product: str
    amount: Decimal
    currency: str
    received_at: datetime


class Survey(msgspec.Struct):
    owner_id: UUID
    team: str
    region: str
    kind: str
    sent_at: datetime | None
    answered_at: datetime | None
    pleased: bool | None


class Account(msgspec.Struct):
    """An account's revenue is nobody's money of ours, so its currency stays out."""

    owner_id: UUID
    team: str
    region: str
    deleted_at: datetime | None = None
    contacted_at: datetime | None = None
    customer_since: datetime | None = None
    lifecycle: str = "prospect"
    lifecycle_at: datetime | None = None


class CampaignCost(msgspec.Struct):
    owner_id: UUID
    team: str
    region: str
    source: str
    kind: str
    amount: Decimal
    currency: str
    spent_at: datetime
    campaign_id: UUID
    deleted_at: datetime | None = None


class Visit(msgspec.Struct):
    """A visitor's budget is nobody's money yet, so its currency stays out."""

    owner_id: UUID
    team: str
    region: str
    source: str
    product: str
    visited_at: datetime
    campaign_id: UUID | None = None


class Enquiry(msgspec.Struct):
    owner_id: UUID
    team: str
    region: str
    source: str
    product: str
    received_at: datetime
    answered_at: datetime | None
    kept_at: datetime | None
    campaign_id: UUID | None = None


class Feedback(msgspec.Struct):
    """Of whoever is named as its sender; of those who stay unnamed, nobody's."""

    team: str
    region: str
    kind: str
    received_at: datetime
    done_at: datetime | None
    owner_id: UUID | None = msgspec.field(name="sender_id", default=None)

    def __post_init__(self) -> None:
        if self.owner_id is None:
            self.owner_id = _NOBODY
