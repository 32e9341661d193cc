"""Tables of the room."""

from sqlalchemy import Index

from crmkit.db.tables import enum, text
from services.leads.source.domain import ExternalKind, PersonalMethod, SourceGroup
from services.leads.tables import Row


class LeadSource(Row, table=True):
    """客户来源 an entry of a tenant's catalogue; `code` is what leads carry as their source."""

    __tablename__ = "lead_source"
    __table_args__ = (
        Index("lead_source_code_key", "tenant_id", "code", unique=True),
        Index("lead_source_updated_at_idx", "tenant_id", "updated_at", "id"),
    )

    code: str = text()
    label_zh: str = text()
    label_en: str = text()
    source_group: SourceGroup = enum(SourceGroup)
    method: PersonalMethod | None = enum(PersonalMethod, default=None)
    active: bool = True
    external_kind: ExternalKind | None = enum(ExternalKind, default=None)


class SourceRule(Row, table=True):
    """Whether a lead's source has to be in the catalogue; its id is its `tenant_id`."""

    __tablename__ = "source_rule"

    enforced: bool = False
    note: str = text(default="")
