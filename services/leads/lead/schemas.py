"""What comes in and goes out."""

from uuid import UUID

from crmkit.fields import (
    Code,
    Email,
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
from services.leads.lead.domain import Intent, LeadStatus


class LeadCreate(Strict):
    """A new lead. `received_at` comes from `Occurred-At`, or is now."""

    company: Name
    contact_name: Label = ""
    email: Email | None = None
    phone: Phone | None = None
    source: Code
    need: Note = ""
    budget: MoneyIn | None = None
    product: Label = ""
    region: Label = ""
    owner_id: UUID | None = None
    external_system: Code | None = None
    external_id: Name | None = None


class LeadUpdate(Patch):
    """What may be changed by hand; what is left out stays."""

    company: Name = ""
    contact_name: Label = ""
    email: Email | None = None
    phone: Phone | None = None
    source: Code = ""
    need: Note = ""
    budget: MoneyIn | None = None
    product: Label = ""
    region: Label = ""
    owner_id: UUID | None = None


class QualifyLead(Patch):
    """客户意向确认 what was confirmed: need, intent, budget."""

    intent: Intent
    need: Note = ""
    budget: MoneyIn | None = None


class DisqualifyLead(Strict):
    reason: Name


class ConvertLead(Strict):
    """The deal to be opened; account and name default to the lead's company."""

    account_id: UUID | None = None
    opportunity_name: Label = ""


class LeadRead(Read):
    id: UUID
    version: int
    company: str
    contact_name: str
    email: str | None
    phone: str | None
    source: str
    status: LeadStatus
    intent: Intent | None
    need: str
    budget: MoneyOut | None
    product: str
    region: str
    owner_id: UUID
    team: str
    received_at: Instant
    qualified_at: Instant | None
    converted_at: Instant | None
    disqualified_at: Instant | None
    disqualified_reason: str
    account_id: UUID | None
    opportunity_id: UUID | None
    external_system: str | None
    external_id: str | None
    created_at: Instant
    updated_at: Instant
