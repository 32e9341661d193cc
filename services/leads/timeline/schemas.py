"""What goes out."""

from typing import Any
from uuid import UUID

from crmkit.fields import Instant
from crmkit.web.answers import Read
from services.leads.timeline.domain import TimelineKind


class TimelineEntryRead(Read):
    """A lead that came in, an activity that took place, a contact who became known, a due diligence
    that was asked for: `id` is the record's. Of a change of the account it is the event's, and
    `type`, `actor` and `changed` ([before, after]) tell the rest."""

    id: UUID
    at: Instant
    kind: TimelineKind
    title: str | None
    status: str | None
    owner_id: UUID | None
    type: str | None
    actor: str | None
    changed: dict[str, list[Any]] | None
