"""What comes in and goes out."""

from datetime import UTC, datetime
from uuid import UUID

from crmkit.fields import Instant, Name, Note, Patch, Strict
from crmkit.web.answers import Read
from services.leads.activity.domain import ActivityKind, ActivityStatus

_UNSENT = datetime(1970, 1, 1, tzinfo=UTC)


class ActivityPlan(Strict):
    """Something to be done at `due_at`, by `owner_id` or the caller."""

    kind: ActivityKind
    subject: Name
    lead_id: UUID | None = None
    account_id: UUID | None = None
    opportunity_id: UUID | None = None
    owner_id: UUID | None = None
    due_at: Instant


class ActivityLog(Strict):
    """Something that was done. `done_at` comes from `Occurred-At`, or is now."""

    kind: ActivityKind
    subject: Name
    lead_id: UUID | None = None
    account_id: UUID | None = None
    opportunity_id: UUID | None = None
    owner_id: UUID | None = None
    outcome: Note = ""


class ActivityUpdate(Patch):
    """What may be changed while it is planned; what is left out stays."""

    kind: ActivityKind = ActivityKind.CALL
    subject: Name = ""
    lead_id: UUID | None = None
    account_id: UUID | None = None
    opportunity_id: UUID | None = None
    owner_id: UUID | None = None
    due_at: Instant = _UNSENT


class CompleteActivity(Strict):
    outcome: Note = ""


class ActivityRead(Read):
    id: UUID
    version: int
    kind: ActivityKind
    subject: str
    status: ActivityStatus
    lead_id: UUID | None
    account_id: UUID | None
    opportunity_id: UUID | None
    owner_id: UUID
    team: str
    region: str
    due_at: Instant | None
    done_at: Instant | None
    outcome: str
    created_at: Instant
    updated_at: Instant
