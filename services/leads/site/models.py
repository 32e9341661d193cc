"""Tables of the room."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index

from crmkit.db.tables import day, document, instant, text
from services.leads.tables import Row


class SiteChecklist(Row, table=True):
    """销售现场准备 what has to be there before visitors come, and who saw to it."""

    __tablename__ = "site_checklist"
    __table_args__ = (
        Index("site_checklist_created_at_idx", "tenant_id", "created_at", "id"),
        Index("site_checklist_updated_at_idx", "tenant_id", "updated_at", "id"),
        Index("site_checklist_campaign_idx", "tenant_id", "campaign_id", "created_at", "id"),
    )

    site: str = text()
    campaign_id: UUID | None = None
    ready_by: date | None = day(default=None)
    items: list[dict[str, Any]] = document()
    open_items: int
    ready_at: datetime | None = instant(default=None)
    owner_id: UUID
    team: str = text()
