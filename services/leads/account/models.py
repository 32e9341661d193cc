"""Tables of the room."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Index

from crmkit.components.custom import CustomField, field_indexes
from crmkit.components.jobs.models import Job, JobPart, job_indexes, part_indexes
from crmkit.db.tables import amount, document, enum, instant, text
from services.leads.account.domain import AccountGrade, AccountLifecycle, AccountTier
from services.leads.tables import Row


class Account(Row, table=True):
    """客户 an organisation we sell to, or might."""

    __tablename__ = "account"
    __table_args__ = (
        Index("account_name_idx", "tenant_id", "name", "id"),
        Index("account_owner_idx", "tenant_id", "owner_id", "name", "id"),
        Index("account_parent_idx", "tenant_id", "parent_id"),
        Index("account_updated_at_idx", "tenant_id", "updated_at", "id"),
        Index("account_external_key", "tenant_id", "external_system", "external_id", unique=True),
    )

    name: str = text()
    industry: str = text(default="")
    region: str = text(default="")
    country: str = text(default="")
    website: str = text(default="")
    employees: int | None = None
    annual_revenue: Decimal | None = amount(default=None)
    currency: str | None = text(default=None)
    parent_id: UUID | None = None
    owner_id: UUID
    team: str = text()
    external_system: str | None = text(default=None)
    external_id: str | None = text(default=None)
    deleted_at: datetime | None = instant(default=None)
    grade: AccountGrade | None = enum(AccountGrade, default=None)
    tier: AccountTier = enum(AccountTier, default=AccountTier.ORDINARY)
    is_important: bool = False
    is_problem: bool = False
    segment: str = text(default="")
    preferences: dict[str, Any] = document(default={})
    lifecycle: AccountLifecycle = enum(AccountLifecycle, default=AccountLifecycle.PROSPECT)
    lifecycle_at: datetime | None = instant(default=None)
    customer_since: datetime | None = instant(default=None)
    lost_reason: str = text(default="")
    merged_into: UUID | None = None
    contacted_at: datetime | None = instant(default=None)
    erased_at: datetime | None = instant(default=None)
    custom: dict[str, Any] = document(default={})


class AccountField(Row, CustomField, table=True):
    """自定义字段 what a tenant adds to accounts."""

    __tablename__ = "account_field"
    __table_args__ = field_indexes("account_field")


class AccountJob(Row, Job, table=True):
    """导入导出 an import or export of accounts."""

    __tablename__ = "account_job"
    __table_args__ = job_indexes("account_job")


class AccountJobPart(Row, JobPart, table=True):
    """The files that belong to imports and exports, in pieces."""

    __tablename__ = "account_job_part"
    __table_args__ = part_indexes("account_job_part")
