"""Tables of the room."""

from datetime import datetime
from decimal import Decimal
from typing import ClassVar
from uuid import UUID

from sqlalchemy import Index

from crmkit.components.jobs.models import Job, JobPart, job_indexes, part_indexes
from crmkit.db.tables import amount, document, enum, instant, text
from services.leads.reception.domain import EnquiryStatus
from services.leads.tables import Row


class Visit(Row, table=True):
    """来访登记 somebody came to a site. The first visit of a number holds the number's place."""

    __tablename__ = "visit"
    __table_args__ = (
        Index("visit_position_key", "tenant_id", "first_phone", unique=True),
        Index("visit_visited_at_idx", "tenant_id", "visited_at", "id"),
        Index("visit_owner_idx", "tenant_id", "owner_id", "visited_at", "id"),
        Index("visit_lead_idx", "tenant_id", "lead_id", "visited_at", "id"),
        Index("visit_phone_idx", "tenant_id", "phone", "visited_at", "id"),
        Index("visit_updated_at_idx", "tenant_id", "updated_at", "id"),
    )
    unpublished: ClassVar[frozenset[str]] = frozenset({"first_phone"})

    name: str = text()
    phone: str = text()
    first_phone: str | None = text(default=None)
    company: str = text(default="")
    site: str = text()
    source: str = text()
    campaign_id: UUID | None = None
    product: str = text(default="")
    need: str = text(default="")
    budget: Decimal | None = amount(default=None)
    currency: str | None = text(default=None)
    companions: int = 0
    matched_units: list[str] = document(default=[])
    match_note: str = text(default="")
    lead_id: UUID
    lead_owner_id: UUID
    is_first: bool = False
    ownership_protected_until: datetime | None = instant(default=None)
    owner_id: UUID
    team: str = text()
    region: str = text()
    visited_at: datetime = instant()
    erased_at: datetime | None = instant(default=None)


class Enquiry(Row, table=True):
    """电话咨询 somebody asked by telephone."""

    __tablename__ = "enquiry"
    __table_args__ = (
        Index("enquiry_received_at_idx", "tenant_id", "received_at", "id"),
        Index("enquiry_status_idx", "tenant_id", "status", "answer_by", "id"),
        Index("enquiry_owner_idx", "tenant_id", "owner_id", "received_at", "id"),
        Index("enquiry_lead_idx", "tenant_id", "lead_id", "received_at", "id"),
        Index("enquiry_updated_at_idx", "tenant_id", "updated_at", "id"),
    )

    name: str = text()
    phone: str = text()
    question: str = text()
    product: str = text(default="")
    source: str = text()
    campaign_id: UUID | None = None
    lead_id: UUID
    status: EnquiryStatus = enum(EnquiryStatus)
    owner_id: UUID
    team: str = text()
    region: str = text()
    received_at: datetime = instant()
    answer_by: datetime = instant()
    answered_at: datetime | None = instant(default=None)
    kept_at: datetime | None = instant(default=None)
    answer: str = text(default="")
    erased_at: datetime | None = instant(default=None)


class VisitJob(Row, Job, table=True):
    """导出 an export of visits."""

    __tablename__ = "visit_job"
    __table_args__ = job_indexes("visit_job")


class VisitJobPart(Row, JobPart, table=True):
    """The files that belong to exports, in pieces."""

    __tablename__ = "visit_job_part"
    __table_args__ = part_indexes("visit_job_part")
