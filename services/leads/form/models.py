"""Tables of the room."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index

from crmkit.db.tables import day, document, instant, text
from services.leads.tables import Row


class CaptureForm(Row, table=True):
    """表单 a form by which anybody who holds its key sends us leads. Of the key there is a hash."""

    __tablename__ = "capture_form"
    __table_args__ = (
        Index("capture_form_name_idx", "tenant_id", "name", "id"),
        Index("capture_form_updated_at_idx", "tenant_id", "updated_at", "id"),
    )

    name: str = text()
    prefix: str = text()
    hash: str = text()
    old_hash: str | None = text(default=None)
    old_hash_until: datetime | None = instant(default=None)
    fields: list[str] = document()
    honeypot: str = text()
    origins: list[str] = document()
    daily_cap: int
    source: str = text()
    campaign_id: UUID | None = None
    product: str = text(default="")
    owner_id: UUID
    team: str = text()
    region: str = text(default="")
    revoked_at: datetime | None = instant(default=None)


class CaptureFailure(Row, table=True):
    """A row that a form sent and that became no lead, as it was sent."""

    __tablename__ = "capture_failure"
    __table_args__ = (
        Index("capture_failure_created_at_idx", "tenant_id", "created_at", "id"),
        Index("capture_failure_form_idx", "tenant_id", "form_id", "created_at", "id"),
    )

    form_id: UUID
    code: str = text()
    detail: str = text()
    faults: list[dict[str, Any]] = document()
    sent: dict[str, Any] = document()
    owner_id: UUID
    team: str = text()
    erased_at: datetime | None = instant(default=None)


class CaptureDay(Row, table=True):
    """How much a form has taken, and refused, on a day where the tenant lives. It is counted as it
    comes, without events. Its id is made of both, so that two that are first at once meet in it."""

    __tablename__ = "capture_day"

    form_id: UUID
    day: date = day()
    taken: int
    refused: int
