"""Tables of the room."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import ExcludeConstraint

from crmkit.components.custom import CustomField, field_indexes
from crmkit.components.jobs.models import Job, JobPart, job_indexes, part_indexes
from crmkit.db.tables import document, enum, instant, text
from services.leads.contact.domain import ContactChannel, ContactRole
from services.leads.tables import Row


class Contact(Row, table=True):
    """联系人 somebody at an account; `is_primary` is true of one of them at most."""

    __tablename__ = "contact"
    __table_args__ = (
        Index("contact_account_idx", "tenant_id", "account_id", "name", "id"),
        Index("contact_account_created_idx", "tenant_id", "account_id", "created_at", "id"),
        Index("contact_name_idx", "tenant_id", "name", "id"),
        Index("contact_owner_idx", "tenant_id", "owner_id", "name", "id"),
        Index("contact_email_idx", "tenant_id", "email"),
        Index("contact_phone_idx", "tenant_id", "phone"),
        Index("contact_updated_at_idx", "tenant_id", "updated_at", "id"),
        Index("contact_external_key", "tenant_id", "external_system", "external_id", unique=True),
        ExcludeConstraint(
            ("tenant_id", "="),
            ("account_id", "="),
            name="contact_primary_key",
            using="btree",
            where=sql("is_primary"),
            deferrable=True,  # so that a statement may pass it on from one row to another
            initially="IMMEDIATE",
        ),
    )

    account_id: UUID
    name: str = text()
    title: str = text(default="")
    role: ContactRole | None = enum(ContactRole, default=None)
    email: str | None = text(default=None)
    phone: str | None = text(default=None)
    is_primary: bool = False
    relationship_level: int | None = None
    relationship_at: datetime | None = instant(default=None)
    preferred_channel: ContactChannel | None = enum(ContactChannel, default=None)
    language: str | None = text(default=None)
    do_not_contact: bool = False
    owner_id: UUID
    team: str = text()
    external_system: str | None = text(default=None)
    external_id: str | None = text(default=None)
    deleted_at: datetime | None = instant(default=None)
    erased_at: datetime | None = instant(default=None)
    custom: dict[str, Any] = document(default={})


class ContactField(Row, CustomField, table=True):
    """自定义字段 what a tenant adds to contacts."""

    __tablename__ = "contact_field"
    __table_args__ = field_indexes("contact_field")


class ContactJob(Row, Job, table=True):
    """导入导出 an import or export of contacts."""

    __tablename__ = "contact_job"
    __table_args__ = job_indexes("contact_job")


class ContactJobPart(Row, JobPart, table=True):
    """The files that belong to imports and exports, in pieces."""

    __tablename__ = "contact_job_part"
    __table_args__ = part_indexes("contact_job_part")
