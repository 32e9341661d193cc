"""Tables of the room."""

from uuid import UUID

from sqlalchemy import Index

from crmkit.db.tables import enum, text
from services.leads.erasure.domain import ErasureKind, ErasureReason
from services.leads.tables import Row


class Erasure(Row, table=True):
    """删除登记 that somebody's data was erased, on what ground, and how much of it there was. It
    names nobody: of them there is the id alone."""

    __tablename__ = "erasure"
    __table_args__ = (
        Index("erasure_created_at_idx", "tenant_id", "created_at", "id"),
        Index("erasure_subject_idx", "tenant_id", "subject_id", "created_at", "id"),
    )

    kind: ErasureKind = enum(ErasureKind)
    subject_id: UUID
    reason: ErasureReason = enum(ErasureReason)
    reference: str = text()
    records: int
    events: int
    owner_id: UUID
    team: str = text()
