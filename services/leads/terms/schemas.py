"""What comes in and goes out."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from crmkit.fields import Instant, Label, Strict
from crmkit.web.answers import Read
from services.leads.terms.domain import PROTECTED_DAYS, RESPONSE_MINUTES

Minutes = Annotated[int, Field(strict=True, ge=1, le=14_400)]
Days = Annotated[int, Field(strict=True, ge=1, le=3650)]


class LeadTermsPut(Strict):
    """`response_minutes`: business minutes within which a lead has its first answer;
    `protected_days`: for how long a visitor belongs to who registered them. Both are of what comes
    from within two seconds on: a lead keeps the instant it was given."""

    response_minutes: Minutes = RESPONSE_MINUTES
    protected_days: Days = PROTECTED_DAYS
    note: Label = ""


class LeadTermsRead(Read):
    id: UUID
    version: int
    response_minutes: int
    protected_days: int
    note: str
    created_at: Instant
    updated_at: Instant
