"""Tables of the room."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy import text as sql

from crmkit.components.custom import CustomField, field_indexes
from crmkit.components.jobs.models import Job, JobPart, job_indexes, part_indexes
from crmkit.db.tables import amount, document, enum, instant, text
from services.leads.lead.domain import OPEN, Intent, LeadKind, LeadStatus, ScoreGrade
from services.leads.tables import Row

UNANSWERED = """first_response_due_at is not null and first_responded_at is null
 and response_overdue_at is null and merged_into is null and deleted_at is null"""

_STATUSES = ", ".join(f"'{status}'" for status in OPEN)
IS_OPEN = f"deleted_at is null and status in ({_STATUSES})"
"""Of leads that somebody has to do something about; planners know partial indexes by these words.
"""


def _where_there(name: str, *columns: str, unique: bool = False) -> Index:
    """An index of the rows that have the first column: most have not, and cost it nothing."""
    there = sql(f"{columns[0]} is not null")
    return Index(name, "tenant_id", *columns, unique=unique, postgresql_where=there)


class Lead(Row, table=True):
    """线索 someone who may buy.

    No event tells its keys, for they are made of what events tell, by rules that may change; nor
    what it guards: that no other is created of the same phone or e-mail at the same instant; nor
    when its score will be looked at again.
    """

    unpublished = frozenset(
        {"phone_key", "email_key", "company_key", "company_tail", "phone_guard", "email_guard"}
        | {"score_due_at"}
    )

    __tablename__ = "lead"
    __table_args__ = (
        Index("lead_received_at_idx", "tenant_id", "received_at", "id"),
        Index("lead_status_idx", "tenant_id", "status", "received_at", "id"),
        Index("lead_owner_idx", "tenant_id", "owner_id", "received_at", "id"),
        Index("lead_owner_status_idx", "tenant_id", "owner_id", "status", "received_at", "id"),
        Index("lead_updated_at_idx", "tenant_id", "updated_at", "id"),
        _where_there("lead_with_account_idx", "account_id", "received_at", "id"),
        _where_there("lead_with_opportunity_idx", "opportunity_id", "received_at", "id"),
        _where_there("lead_with_channel_partner_idx", "channel_partner_id", "received_at", "id"),
        _where_there("lead_with_campaign_idx", "campaign_id", "received_at", "id"),
        _where_there("lead_with_referrer_idx", "referrer_id", "received_at", "id"),
        Index("lead_external_key", "tenant_id", "external_system", "external_id", unique=True),
        Index(
            "lead_held_idx",
            "tenant_id",
            "owner_id",
            "pool_id",
            postgresql_where=sql(f"pool_id is not null and {IS_OPEN}"),
        ),
        Index(
            "lead_recycle_due_idx",
            "tenant_id",
            "recycle_due_at",
            "id",
            postgresql_where=sql(f"recycle_due_at is not null and {IS_OPEN}"),
        ),
        _where_there("lead_phone_guard_key", "phone_guard", unique=True),
        _where_there("lead_email_guard_key", "email_guard", unique=True),
        _where_there("lead_phone_idx", "phone_key", "id"),
        _where_there("lead_email_idx", "email_key", "id"),
        Index("lead_company_key_idx", "tenant_id", "company_key", "id"),
        _where_there("lead_company_tail_idx", "company_tail", "id"),
        _where_there("lead_merged_into_idx", "merged_into", "merge_version"),
        Index(
            "lead_response_due_idx",
            "tenant_id",
            "first_response_due_at",
            "id",
            postgresql_where=sql(UNANSWERED),
        ),
        _where_there("lead_contact_idx", "contact_id"),
        _where_there("lead_score_idx", "score", "id"),
        Index(
            "lead_score_due_idx",
            *("tenant_id", "score_due_at", "id"),
            postgresql_where=sql(f"score_due_at is not null and {IS_OPEN}"),
        ),
        Index("lead_unkeyed_idx", "tenant_id", "id", postgresql_where=sql("company_key is null")),
    )

    company: str = text()
    contact_name: str = text()
    email: str | None = text(default=None)
    phone: str | None = text(default=None)
    source: str = text()
    status: LeadStatus = enum(LeadStatus)
    intent: Intent | None = enum(Intent, default=None)
    need: str = text(default="")
    budget: Decimal | None = amount(default=None)
    currency: str | None = text(default=None)
    product: str = text(default="")
    region: str = text(default="")
    owner_id: UUID
    team: str = text()
    received_at: datetime = instant()
    qualified_at: datetime | None = instant(default=None)
    converted_at: datetime | None = instant(default=None)
    disqualified_at: datetime | None = instant(default=None)
    disqualified_reason: str = text(default="")
    account_id: UUID | None = None
    opportunity_id: UUID | None = None
    opportunity_name: str = text(default="")
    external_system: str | None = text(default=None)
    external_id: str | None = text(default=None)
    deleted_at: datetime | None = instant(default=None)
    campaign_id: UUID | None = None
    referrer_id: UUID | None = None
    ownership_protected_until: datetime | None = instant(default=None)
    custom: dict[str, Any] = document(default={})
    channel_partner_id: UUID | None = None
    pool_id: UUID | None = None
    claimed_at: datetime | None = instant(default=None)
    recycle_at: datetime | None = instant(default=None)
    recycle_due_at: datetime | None = instant(default=None)
    protected: bool = False
    released_by: UUID | None = None
    released_at: datetime | None = instant(default=None)
    released_reason: str = text(default="")
    released_note: str = text(default="")
    rule_id: UUID | None = None
    strategy: str = text(default="")
    kind: LeadKind = enum(LeadKind, default=LeadKind.DIRECT)
    desire: bool | None = None
    desire_note: str = text(default="")
    ability: bool | None = None
    ability_note: str = text(default="")
    authority: bool | None = None
    authority_note: str = text(default="")
    eligibility: bool | None = None
    eligibility_note: str = text(default="")
    expected_price: Decimal | None = amount(default=None)
    duplicate_of: UUID | None = None
    merged_into: UUID | None = None
    merged_at: datetime | None = instant(default=None)
    merge_version: int | None = None
    merged_from: list[str] = document(default=[])
    moved_activities: list[str] = document(default=[])
    moved_records: list[str] = document(default=[])
    contact_id: UUID | None = None
    first_response_due_at: datetime | None = instant(default=None)
    first_responded_at: datetime | None = instant(default=None)
    first_response_minutes: int | None = None
    response_overdue_at: datetime | None = instant(default=None)
    erased_at: datetime | None = instant(default=None)
    deal_erased: bool = False
    phone_key: str | None = text(default=None)
    email_key: str | None = text(default=None)
    company_key: str | None = text(default=None)
    company_tail: str | None = text(default=None)
    phone_guard: str | None = text(default=None)
    email_guard: str | None = text(default=None)
    score: int | None = None
    grade: ScoreGrade | None = enum(ScoreGrade, default=None)
    scored_at: datetime | None = instant(default=None)
    scoring: dict[str, Any] = document(default={})
    score_due_at: datetime | None = instant(default=None)
    needs: dict[str, Any] = document(default={})


class DealCopy(Row, table=True):
    """商机 what leads knows of a deal: whose it is, with which account, and where it stands."""

    __tablename__ = "deal_copy"

    account_id: UUID | None = None
    status: str = text()
    owner_id: UUID
    team: str = text()
    deleted_at: datetime | None = instant(default=None)


class LeadField(Row, CustomField, table=True):
    """自定义字段 what a tenant adds to leads."""

    __tablename__ = "lead_field"
    __table_args__ = field_indexes("lead_field")


class LeadJob(Row, Job, table=True):
    """导入导出 an import or export of leads."""

    __tablename__ = "lead_job"
    __table_args__ = job_indexes("lead_job")


class LeadJobPart(Row, JobPart, table=True):
    """The files that belong to imports and exports, in pieces."""

    __tablename__ = "lead_job_part"
    __table_args__ = part_indexes("lead_job_part")
