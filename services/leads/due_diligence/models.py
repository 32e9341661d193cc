"""Tables of the room."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy import text as sql

from crmkit.db.tables import day, enum, instant, text
from services.leads.due_diligence.domain import DueDiligenceOutcome, DueDiligenceStatus
from services.leads.tables import Row


class DueDiligence(Row, table=True):
    """尽职调查 what was found out about an account; one at a time is open."""

    __tablename__ = "due_diligence"
    __table_args__ = (
        Index("due_diligence_account_idx", "tenant_id", "account_id", "requested_at", "id"),
        Index("due_diligence_requested_at_idx", "tenant_id", "requested_at", "id"),
        Index("due_diligence_owner_idx", "tenant_id", "owner_id", "requested_at", "id"),
        Index("due_diligence_valid_until_idx", "tenant_id", "valid_until", "id"),
        Index("due_diligence_updated_at_idx", "tenant_id", "updated_at", "id"),
        Index(
            "due_diligence_open_key",
            "tenant_id",
            "account_id",
            unique=True,
            postgresql_where=sql("status = 'requested'"),
        ),
    )

    account_id: UUID
    status: DueDiligenceStatus = enum(DueDiligenceStatus)
    reason: str = text(default="")
    due_on: date | None = day(default=None)
    outcome: DueDiligenceOutcome | None = enum(DueDiligenceOutcome, default=None)
    background: str = text(default="")
    credit: str = text(default="")
    document: str = text(default="")
    valid_until: date | None = day(default=None)
    requested_at: datetime = instant()
    completed_at: datetime | None = instant(default=None)
    cancelled_at: datetime | None = instant(default=None)
    owner_id: UUID
    team: str = text()
