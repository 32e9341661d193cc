"""What comes in and goes out."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from crmkit.fields import Day, Flag, Instant, Name, Patch, Strict
from crmkit.web.answers import Read
from services.leads.site.domain import SiteArea

_MOST_ITEMS = 200


class SiteItem(Strict):
    """One thing that has to be there."""

    what: Name
    area: SiteArea = SiteArea.OTHER


_Items = Annotated[list[SiteItem], Field(min_length=1, max_length=_MOST_ITEMS)]


class SiteChecklistCreate(Strict):
    """What has to be there at a site, for a campaign or for every day; `owner_id`, or the caller,
    sees to it."""

    site: Name
    campaign_id: UUID | None = None
    ready_by: Day | None = None
    items: _Items
    owner_id: UUID | None = None


class SiteChecklistUpdate(Patch):
    """What may be changed; of `items` those that stay are as done as they were."""

    site: Name = ""
    ready_by: Day | None = None
    items: _Items = Field(default_factory=list)
    owner_id: UUID | None = None


class CheckItem(Strict):
    """Which thing of the list, from 1, and whether it is there; `what` is what the caller sees at
    that place, so that nothing else is checked where the list was changed meanwhile."""

    place: Annotated[int, Field(strict=True, ge=1, le=_MOST_ITEMS)]
    what: Name | None = None
    done: Flag = True


class SiteChecklistRead(Read):
    """Each of `items` says what, of which area, and who saw to it when."""

    id: UUID
    version: int
    site: str
    campaign_id: UUID | None
    ready_by: date | None
    items: list[dict[str, Any]]
    open_items: int
    ready_at: Instant | None
    owner_id: UUID
    team: str
    created_at: Instant
    updated_at: Instant
