"""What comes in and goes out."""

from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from crmkit.fields import (
    Code,
    Instant,
    Label,
    MoneyIn,
    MoneyOut,
    Name,
    Note,
    Patch,
    Phone,
    Strict,
)
from crmkit.web.answers import Read
from services.leads.reception.domain import EnquiryStatus

_MOST_UNITS = 50
_Companions = Annotated[int, Field(strict=True, ge=0, le=1000)]
_Units = Annotated[list[Name], Field(max_length=_MOST_UNITS)]
_Minutes = Annotated[int, Field(strict=True, ge=1, le=14_400)]
_DAY_IN_MINUTES = 1440


class RegisterVisit(Strict):
    """Somebody who came to `site` and was received by `owner_id`, or the caller. Their telephone
    number says who they are. `visited_at` comes from `Occurred-At`, or is now. `matched_units` are
    the units 房源 that fit them, the best first."""

    name: Name
    phone: Phone
    company: Label = ""
    site: Name
    source: Code
    campaign_id: UUID | None = None
    product: Label = ""
    need: Note = ""
    budget: MoneyIn | None = None
    companions: _Companions = 0
    matched_units: _Units = Field(default_factory=list)
    match_note: Note = ""
    owner_id: UUID | None = None


class VisitUpdate(Patch):
    """What may be corrected by hand; who came, when and to whom never is."""

    name: Name = ""
    company: Label = ""
    site: Name = ""
    product: Label = ""
    need: Note = ""
    budget: MoneyIn | None = None
    companions: _Companions = 0
    matched_units: _Units = Field(default_factory=list)
    match_note: Note = ""


class RegisterEnquiry(Strict):
    """Somebody who asked by telephone. `received_at` comes from `Occurred-At`, or is now; it should
    be answered within so many minutes of any day and hour, a day where none are named."""

    name: Name
    phone: Phone
    question: Annotated[Note, StringConstraints(min_length=1)]
    product: Label = ""
    source: Code
    campaign_id: UUID | None = None
    owner_id: UUID | None = None
    answer_within: _Minutes = _DAY_IN_MINUTES


class EnquiryUpdate(Patch):
    """What may be changed while it is open; what is left out stays."""

    name: Name = ""
    question: Annotated[Note, StringConstraints(min_length=1)] = ""
    product: Label = ""
    owner_id: UUID | None = None


class AnswerEnquiry(Strict):
    answer: Annotated[Note, StringConstraints(min_length=1)]


class VisitRead(Read):
    id: UUID
    version: int
    name: str
    phone: str
    company: str
    site: str
    source: str
    campaign_id: UUID | None
    product: str
    need: str
    budget: MoneyOut | None
    companions: int
    matched_units: list[str]
    match_note: str
    lead_id: UUID
    lead_owner_id: UUID
    is_first: bool
    ownership_protected_until: Instant | None
    owner_id: UUID
    team: str
    region: str
    visited_at: Instant
    erased_at: Instant | None
    created_at: Instant
    updated_at: Instant


class EnquiryRead(Read):
    id: UUID
    version: int
    name: str
    phone: str
    question: str
    product: str
    source: str
    campaign_id: UUID | None
    lead_id: UUID
    status: EnquiryStatus
    owner_id: UUID
    team: str
    region: str
    received_at: Instant
    answer_by: Instant
    answered_at: Instant | None
    kept_at: Instant | None
    answer: str
    erased_at: Instant | None
    created_at: Instant
    updated_at: Instant
