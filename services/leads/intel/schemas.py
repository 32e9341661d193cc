"""What comes in and goes out."""

from uuid import UUID

from crmkit.fields import Instant, Label, Name, Note, Patch, Strict
from crmkit.web.answers import Read
from services.leads.intel.domain import CompetitorFacet, IntelKind, IntelStatus


class ReportIntel(Strict):
    """What was heard; `about` names the competitor, project or market, `source` who said so, and
    `facet` what of a competitor it tells."""

    kind: IntelKind
    facet: CompetitorFacet | None = None
    subject: Name
    about: Label = ""
    source: Name
    details: Note = ""
    account_id: UUID | None = None


class MarketIntelUpdate(Patch):
    """What may be changed until it was taken note of; what is left out stays."""

    kind: IntelKind = IntelKind.MARKET
    facet: CompetitorFacet | None = None
    subject: Name = ""
    about: Label = ""
    source: Name = ""
    details: Note = ""
    account_id: UUID | None = None


class JudgeIntel(Strict):
    """What those above say to it."""

    remark: Note = ""


class MarketIntelRead(Read):
    id: UUID
    version: int
    kind: IntelKind
    facet: CompetitorFacet | None
    status: IntelStatus
    subject: str
    about: str
    source: str
    details: str
    account_id: UUID | None
    owner_id: UUID
    team: str
    region: str
    observed_at: Instant
    noted_at: Instant | None
    noted_by: UUID | None
    remark: str
    created_at: Instant
    updated_at: Instant
