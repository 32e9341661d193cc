"""What comes in and goes out."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from crmkit.fields import Code, Instant, Label, Name, Note, Patch, Strict
from crmkit.web.answers import Read
from services.leads.partner.domain import ChannelPartnerKind, ChannelPartnerStatus

Rating = Annotated[int, Field(strict=True, ge=1, le=5)]


class ChannelPartnerCreate(Strict):
    """A company that might sell for us; `source` says by what we came upon it."""

    name: Name
    kind: ChannelPartnerKind
    territory: Label = ""
    source: Label = ""
    account_id: UUID | None = None
    owner_id: UUID | None = None
    external_system: Code | None = None
    external_id: Name | None = None


class ChannelPartnerUpdate(Patch):
    """What may be changed until it ends; what is left out stays."""

    name: Name = ""
    kind: ChannelPartnerKind = ChannelPartnerKind.DEALER
    territory: Label = ""
    source: Label = ""
    account_id: UUID | None = None
    owner_id: UUID | None = None


class AssessChannelPartner(Strict):
    """调研饱和程度、竞争能力 how full its market is and how strong it is; 5 is best."""

    rating: Rating
    assessment: Note = ""


class EndChannelPartner(Strict):
    reason: Name


class ChannelPartnerRead(Read):
    id: UUID
    version: int
    name: str
    kind: ChannelPartnerKind
    status: ChannelPartnerStatus
    territory: str
    source: str
    account_id: UUID | None
    rating: int | None
    assessment: str
    owner_id: UUID
    team: str
    region: str
    identified_at: Instant
    assessed_at: Instant | None
    signed_at: Instant | None
    activated_at: Instant | None
    ended_at: Instant | None
    end_reason: str
    external_system: str | None
    external_id: str | None
    erased_at: Instant | None
    created_at: Instant
    updated_at: Instant
