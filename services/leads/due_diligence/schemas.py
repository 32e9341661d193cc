"""What comes in and goes out."""

from datetime import date
from uuid import UUID

from crmkit.fields import Day, Instant, Label, Note, Strict
from crmkit.web.answers import Read
from services.leads.due_diligence.domain import DueDiligenceOutcome, DueDiligenceStatus


class RequestDueDiligence(Strict):
    """Why an account shall be looked into, and until when; by `owner_id` or the caller."""

    account_id: UUID
    reason: Note = ""
    due_on: Day | None = None
    owner_id: UUID | None = None


class CompleteDueDiligence(Strict):
    """背景核实、信用评估 what was found out. `document` says where the report is kept."""

    outcome: DueDiligenceOutcome
    background: Note = ""
    credit: Note = ""
    document: Label = ""
    valid_until: Day | None = None


class DueDiligenceRead(Read):
    id: UUID
    version: int
    account_id: UUID
    status: DueDiligenceStatus
    reason: str
    due_on: date | None
    outcome: DueDiligenceOutcome | None
    background: str
    credit: str
    document: str
    valid_until: date | None
    requested_at: Instant
    completed_at: Instant | None
    cancelled_at: Instant | None
    owner_id: UUID
    team: str
    created_at: Instant
    updated_at: Instant
