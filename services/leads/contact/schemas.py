"""What comes in and goes out."""

from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from crmkit.fields import Code, Email, Flag, Instant, Label, Name, Patch, Phone, Strict
from crmkit.web.answers import Read
from services.leads.contact.domain import ContactChannel, ContactRole

Level = Annotated[int, Field(strict=True, ge=1, le=5)]
"""关系等级 from 1, known by name, to 5, on our side."""
Language = Annotated[
    str, StringConstraints(max_length=5, pattern=r"^[a-z]{2}(-[A-Z]{2})?$"), Field(examples=["zh"])
]


class ContactCreate(Strict):
    """Somebody new at an account, whose owner they have.

    `phone` is kept as E.164; without a country code it is one of the account's country.
    """

    account_id: UUID
    name: Name
    title: Label = ""
    role: ContactRole | None = None
    email: Email | None = None
    phone: Phone | None = None
    is_primary: Flag = False
    relationship_level: Level | None = None
    preferred_channel: ContactChannel | None = None
    language: Language | None = None
    do_not_contact: Flag = False
    external_system: Code | None = None
    external_id: Name | None = None


class ContactUpdate(Patch):
    """What may be changed by hand; what is left out stays."""

    account_id: UUID = UUID(int=0)
    name: Name = ""
    title: Label = ""
    role: ContactRole | None = None
    email: Email | None = None
    phone: Phone | None = None
    is_primary: Flag = False
    preferred_channel: ContactChannel | None = None
    language: Language | None = None
    do_not_contact: Flag = False


class RateContact(Strict):
    """关系等级 how well we know them, as of `Occurred-At`, or now."""

    level: Level


class ContactRead(Read):
    id: UUID
    version: int
    account_id: UUID
    name: str
    title: str
    role: ContactRole | None
    email: str | None
    phone: str | None
    is_primary: bool
    relationship_level: int | None
    relationship_at: Instant | None
    preferred_channel: ContactChannel | None
    language: str | None
    do_not_contact: bool
    owner_id: UUID
    team: str
    external_system: str | None
    external_id: str | None
    erased_at: Instant | None
    created_at: Instant
    updated_at: Instant
