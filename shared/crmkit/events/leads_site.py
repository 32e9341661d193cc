"""What leads tells of sites that are made ready for visitors."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from crmkit.events.envelope import Event, State


class SiteChecklistState(State):
    """销售现场准备 what has to be there before visitors come; `ready_at` is when all of it was."""

    site: str
    campaign_id: UUID | None
    ready_by: date | None
    items: list[dict[str, Any]]
    open_items: int
    ready_at: datetime | None
    owner_id: UUID
    team: str


class SiteChecklistCreated(Event[SiteChecklistState], type="site_checklist.created.v1"):
    """Somebody said what has to be there before visitors come."""


class SiteChecklistUpdated(Event[SiteChecklistState], type="site_checklist.updated.v1"):
    """Something else has to be there, by another day, or somebody else sees to it."""


class SiteChecklistChecked(Event[SiteChecklistState], type="site_checklist.checked.v1"):
    """Something of a list is there, or is not after all."""
