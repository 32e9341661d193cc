"""What comes in and goes out."""

from typing import Annotated
from uuid import UUID

from pydantic import StringConstraints

from crmkit.fields import Flag, Instant, Strict
from crmkit.web.answers import Read
from services.leads.erasure.domain import ErasureKind, ErasureReason

Reference = Annotated[
    str, StringConstraints(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9/_.-]*$")
]


class EraseRecord(Strict):
    """On which ground, and under which number the matter is filed. The number stays, so it names
    nobody. `stop_imports` ends imports that are under way, where they are, instead of waiting."""

    reason: ErasureReason
    reference: Reference
    stop_imports: Flag = False


class ErasureRead(Read):
    id: UUID
    version: int
    kind: ErasureKind
    subject_id: UUID
    reason: ErasureReason
    reference: str
    records: int
    events: int
    owner_id: UUID
    team: str
    created_at: Instant
    updated_at: Instant
