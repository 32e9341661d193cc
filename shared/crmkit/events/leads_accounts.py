"""What leads tells of those it deals with at an account."""

from datetime import datetime
from uuid import UUID

from crmkit.events.envelope import Event, State


class ContactState(State):
    """联系人 somebody at an account; whose the account is, theirs they are."""

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
