"""What comes in and goes out."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from crmkit.fields import Email, Label, Phone, Strict
from crmkit.web.answers import Read
from services.leads.matching.domain import Keys, Match, MatchCertainty, MatchReason, keys_of


class LeadProbe(Strict):
    """What is known of somebody who might be a lead already."""

    company: Label = ""
    phone: Phone | None = None
    email: Email | None = None

    def keys(self) -> Keys:
        return keys_of(self.company, self.phone, self.email)


class LeadCheck(Strict):
    """Up to 100 are looked for by one statement."""

    leads: list[LeadProbe] = Field(min_length=1, max_length=100)


class LeadMatchRead(Read):
    """A lead that may be the same customer. Of one that the caller may not read, only how well it
    matches and whose it is are told: `lead_id` is null."""

    lead_id: UUID | None
    certainty: MatchCertainty
    score: int
    reasons: list[MatchReason]
    company: str | None
    contact_name: str | None
    status: str | None
    owner_id: UUID


class LeadMatchesRead(BaseModel):
    """The best first."""

    items: list[LeadMatchRead]


class LeadChecked(BaseModel):
    """One list for each that was asked about, in the order of asking."""

    items: list[LeadMatchesRead]


def shown(found: Sequence[tuple[Match, bool]]) -> list[dict[str, Any]]:
    """Matches as they go out; the flag says whether the caller may read the lead."""
    return [_shown(match, seen) for match, seen in found]


def _shown(match: Match, seen: bool) -> dict[str, Any]:
    row = match.row
    return {
        "lead_id": row["id"] if seen else None,
        "certainty": match.certainty,
        "score": match.score,
        "reasons": list(match.reasons),
        "company": row["company"] if seen else None,
        "contact_name": row["contact_name"] if seen else None,
        "status": row["status"] if seen else None,
        "owner_id": row["owner_id"],
    }
