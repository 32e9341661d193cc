"""Every change of a check list."""

from typing import Any
from uuid import UUID

from crmkit.components.directory import owner
from crmkit.db.writing import Tx
from crmkit.events.leads_site import (
    SiteChecklistChecked,
    SiteChecklistCreated,
    SiteChecklistUpdated,
)
from crmkit.fields import given
from services.leads.campaign.models import Campaign
from services.leads.site.domain import Items, checked, count_open, demand_there, listed
from services.leads.site.models import SiteChecklist
from services.leads.site.schemas import (
    CheckItem,
    SiteChecklistCreate,
    SiteChecklistUpdate,
    SiteItem,
)


async def create_site_checklist(tx: Tx, new: SiteChecklistCreate) -> SiteChecklist:
    """销售现场准备 say what has to be there before visitors come."""
    if new.campaign_id is not None:
        await tx.get(Campaign, new.campaign_id)
    who = await owner(tx, new.owner_id)
    items = listed(_documents(new.items))
    return tx.create(
        SiteChecklist,
        SiteChecklistCreated,
        **given(new, owner_id=who.owner_id, items=items),
        open_items=len(items),
        team=who.team,
    )


async def update_site_checklist(
    tx: Tx, checklist_id: UUID, patch: SiteChecklistUpdate
) -> SiteChecklist:
    """Want something else there, by another day, or have somebody else see to it."""
    checklist = await tx.take(SiteChecklist, checklist_id)
    values: dict[str, Any] = given(patch)
    if "items" in values:
        values |= _stand(tx, checklist, listed(_documents(patch.items), checklist.items))
    if "owner_id" in values:
        who = await owner(tx, patch.owner_id)
        values |= {"owner_id": who.owner_id, "team": who.team}
    return tx.update(checklist, SiteChecklistUpdated, **values)


async def check_site_item(tx: Tx, checklist_id: UUID, said: CheckItem) -> SiteChecklist:
    """Say that something is there, or is not after all; the site is ready with the last of it."""
    checklist = await tx.take(SiteChecklist, checklist_id)
    who = tx.actor.member_id if said.done else None
    demand_there(checklist.items, said.place, said.what)
    items = checked(checklist.items, said.place, who, tx.occurred_at)
    return tx.update(checklist, SiteChecklistChecked, **_stand(tx, checklist, items))


def _stand(tx: Tx, before: SiteChecklist, items: Items) -> dict[str, Any]:
    still = count_open(items)
    ready_at = None if still else before.ready_at or tx.occurred_at
    return {"items": items, "open_items": still, "ready_at": ready_at}


def _documents(items: list[SiteItem]) -> Items:
    return [item.model_dump(mode="json") for item in items]
