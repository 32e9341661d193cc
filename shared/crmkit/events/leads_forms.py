"""What leads tells of forms: who may send us leads without a token, and what was refused."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from crmkit.events.envelope import Event, State


class CaptureFormState(State):
    """表单 a form by which anybody who holds its key sends us leads; hashes are told to nobody."""

    private: ClassVar[frozenset[str]] = frozenset({"hash", "old_hash"})

    name: str
    prefix: str
    hash: str | None
    old_hash: str | None
    old_hash_until: datetime | None
    fields: list[str]
    honeypot: str
    origins: list[str]
    daily_cap: int
    source: str
    campaign_id: UUID | None
    product: str
    owner_id: UUID
    team: str
    region: str
    revoked_at: datetime | None


class CaptureFailureState(State):
    """A row that a form sent and that became no lead; what was sent is told to nobody."""

    private: ClassVar[frozenset[str]] = frozenset({"sent"})
    personal: ClassVar[frozenset[str]] = frozenset({"sent"})

    form_id: UUID
    code: str
    detail: str
    faults: list[dict[str, Any]]
    sent: dict[str, Any] | None
    owner_id: UUID
    team: str
    erased_at: datetime | None = None


class CaptureFormCreated(Event[CaptureFormState], type="capture_form.created.v1"):
    """A form was made."""


class CaptureFormUpdated(Event[CaptureFormState], type="capture_form.updated.v1"):
    """What a form takes, or what becomes of it, changed."""


class CaptureFormRotated(Event[CaptureFormState], type="capture_form.rotated.v1"):
    """A form got a new key; the old one holds beside it for a while."""


class CaptureFormRevoked(Event[CaptureFormState], type="capture_form.revoked.v1"):
    """A form takes nothing any more."""


class CaptureFailureRecorded(Event[CaptureFailureState], type="capture_failure.recorded.v1"):
    """A form sent a row that became no lead, for the reason told."""
