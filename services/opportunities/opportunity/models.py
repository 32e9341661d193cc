"""Tables of the room."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Index

from crmkit.components.custom import CustomField, field_indexes
from crmkit.components.jobs.models import Job, JobPart, job_indexes, part_indexes
from crmkit.db.tables import amount, day, document, enum, instant, text
from services.opportunities.opportunity.domain import OpportunityStatus
from services.opportunities.tables import Row


class Opportunity(Row, table=True):
    """销售机会 a deal; owner, team and region are those of the day it was opened."""

    __tablename__ = "opportunity"
    __table_args__ = (
        Index("opportunity_opened_at_idx", "tenant_id", "opened_at", "id"),
        Index("opportunity_status_idx", "tenant_id", "status", "expected_close_on", "id"),
        Index("opportunity_owner_idx", "tenant_id", "owner_id", "opened_at", "id"),
        Index("opportunity_account_idx", "tenant_id", "account_id", "opened_at", "id"),
        Index("opportunity_lead_idx", "tenant_id", "lead_id"),
        Index("opportunity_close_idx", "tenant_id", "expected_close_on", "id"),
        Index("opportunity_amount_idx", "tenant_id", "amount", "id"),
        Index("opportunity_updated_at_idx", "tenant_id", "updated_at", "id"),
        Index(
            "opportunity_external_key", "tenant_id", "external_system", "external_id", unique=True
        ),
    )

    name: str = text()
    account_id: UUID | None = None
    lead_id: UUID | None = None
    pipeline_id: UUID
    stage: str = text()
    status: OpportunityStatus = enum(OpportunityStatus)
    probability: int
    amount: Decimal = amount()
    currency: str = text()
    product_id: UUID | None = None
    product: str = text(default="")
    source: str = text()
    owner_id: UUID
    team: str = text()
    region: str = text(default="")
    expected_close_on: date | None = day(default=None)
    opened_at: datetime = instant()
    won_at: datetime | None = instant(default=None)
    lost_at: datetime | None = instant(default=None)
    lost_reason: str = text(default="")
    contract_id: UUID | None = None
    external_system: str | None = text(default=None)
    external_id: str | None = text(default=None)
    imported: bool = False
    campaign_id: UUID | None = None
    channel_partner_id: UUID | None = None
    deleted_at: datetime | None = instant(default=None)
    custom: dict[str, Any] = document(default={})
    erased_at: datetime | None = instant(default=None)


class OpportunityField(Row, CustomField, table=True):
    """自定义字段 what a tenant adds to opportunities."""

    __tablename__ = "opportunity_field"
    __table_args__ = field_indexes("opportunity_field")


class OpportunityJob(Row, Job, table=True):
    """导入导出 an import or export of opportunities."""

    __tablename__ = "opportunity_job"
    __table_args__ = job_indexes("opportunity_job")


class OpportunityJobPart(Row, JobPart, table=True):
    """The files that belong to imports and exports, in pieces."""

    __tablename__ = "opportunity_job_part"
    __table_args__ = part_indexes("opportunity_job_part")


class AccountCopy(Row, table=True):
    """客户 what leads told of an account."""

    __tablename__ = "account_copy"

    name: str = text()
    region: str = text()
    deleted_at: datetime | None = instant(default=None)
