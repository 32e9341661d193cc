"""What leads tells around accounts: their people, what is found out, who sells for us."""

from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

import msgspec

from crmkit.events.envelope import Event, State


class ContactState(State):
    """联系人 somebody at an account; whose the account is, theirs they are."""

    personal: ClassVar[frozenset[str]] = frozenset(
        {"name", "title", "email", "phone", "external_id", "custom"}
    )

    account_id: UUID
    name: str
    title: str
    role: str | None
    email: str | None
    phone: str | None
    is_primary: bool
    relationship_level: int | None
    relationship_at: datetime | None
    preferred_channel: str | None
    language: str | None
    do_not_contact: bool
    owner_id: UUID
    team: str
    external_system: str | None
    external_id: str | None
    deleted_at: datetime | None = None
    custom: dict[str, Any] = msgspec.field(default_factory=dict)
    erased_at: datetime | None = None


class ContactCreated(Event[ContactState], type="contact.created.v1"):
    """Somebody at an account became known."""


class ContactUpdated(Event[ContactState], type="contact.updated.v1"):
    """A contact's facts changed, or they went to another account."""


class ContactRated(Event[ContactState], type="contact.rated.v1"):
    """关系等级 how well we know them was judged anew, as of `relationship_at`."""


class ContactHandedOver(Event[ContactState], type="contact.handed_over.v1"):
    """A contact went with their account to another owner."""


class ContactDeleted(Event[ContactState], type="contact.deleted.v1"):
    """A contact was put away; they can be restored for 30 days."""


class ContactRestored(Event[ContactState], type="contact.restored.v1"):
    """A deleted contact came back."""


class DueDiligenceState(State):
    """尽职调查 what was found out about an account, and until when that holds."""

    account_id: UUID
    status: str
    reason: str
    due_on: date | None
    outcome: str | None
    background: str
    credit: str
    document: str
    valid_until: date | None
    requested_at: datetime
    completed_at: datetime | None
    cancelled_at: datetime | None
    owner_id: UUID
    team: str


class ChannelPartnerState(State):
    """渠道商、代理商 a company that sells for us, and how far we have come with it; some of
    them are persons, who can be erased."""

    personal: ClassVar[frozenset[str]] = frozenset(
        {"name", "territory", "assessment", "end_reason", "external_id"}
    )

    name: str
    kind: str
    status: str
    territory: str
    source: str
    account_id: UUID | None
    rating: int | None
    assessment: str
    owner_id: UUID
    team: str
    region: str
    identified_at: datetime
    assessed_at: datetime | None
    signed_at: datetime | None
    activated_at: datetime | None
    ended_at: datetime | None
    end_reason: str
    external_system: str | None
    external_id: str | None
    erased_at: datetime | None = None


class DueDiligenceRequested(Event[DueDiligenceState], type="due_diligence.requested.v1"):
    """Somebody asked to look into an account."""


class DueDiligenceCompleted(Event[DueDiligenceState], type="due_diligence.completed.v1"):
    """An account was looked into: background, credit, and whether to deal with it."""


class DueDiligenceCancelled(Event[DueDiligenceState], type="due_diligence.cancelled.v1"):
    """An account need not be looked into any more."""


class DueDiligenceMoved(Event[DueDiligenceState], type="due_diligence.moved.v1"):
    """The account became part of another one, of which it tells now."""


class ChannelPartnerIdentified(Event[ChannelPartnerState], type="channel_partner.identified.v1"):
    """A company that might sell for us became known."""


class ChannelPartnerUpdated(Event[ChannelPartnerState], type="channel_partner.updated.v1"):
    """A channel partner's facts changed, or it went to another owner."""


class ChannelPartnerAssessed(Event[ChannelPartnerState], type="channel_partner.assessed.v1"):
    """A channel partner was judged by its market and strength."""


class ChannelPartnerSigned(Event[ChannelPartnerState], type="channel_partner.signed.v1"):
    """A channel partner agreed to sell for us."""


class ChannelPartnerActivated(Event[ChannelPartnerState], type="channel_partner.activated.v1"):
    """A channel partner sells for us from now on."""


class ChannelPartnerEnded(Event[ChannelPartnerState], type="channel_partner.ended.v1"):
    """A channel partner sells for us no more, or never will, with the reason."""
