"""REST of check lists of sites."""

from uuid import UUID

from fastapi import APIRouter, Response

from crmkit.components.enums import enums
from crmkit.components.history import history
from crmkit.web.answers import Page
from crmkit.web.edge import Edge, Matched
from services.leads.site import commands
from services.leads.site.domain import SiteArea
from services.leads.site.models import SiteChecklist
from services.leads.site.queries import SITE_CHECKLISTS
from services.leads.site.schemas import (
    CheckItem,
    SiteChecklistCreate,
    SiteChecklistRead,
    SiteChecklistUpdate,
)

router = APIRouter(prefix="/v1/site-checklists", tags=["site checklists"])
enums(router, {"area": SiteArea})


@router.post("", status_code=201, response_model=SiteChecklistRead)
async def create_site_checklist(new: SiteChecklistCreate, edge: Edge) -> Response:
    return edge.created(SiteChecklistRead, await edge.write(commands.create_site_checklist, new))


@router.get("", response_model=Page[SiteChecklistRead], openapi_extra=SITE_CHECKLISTS.openapi())
async def list_site_checklists(edge: Edge) -> Response:
    found = await SITE_CHECKLISTS.find(edge.reading, edge.listing(SITE_CHECKLISTS))
    return edge.page(SiteChecklistRead, SiteChecklist, found)


@router.get("/{checklist_id}", response_model=SiteChecklistRead)
async def get_site_checklist(checklist_id: UUID, edge: Edge) -> Response:
    return edge.shown(SiteChecklistRead, await edge.get(SiteChecklist, checklist_id))


@router.patch("/{checklist_id}", response_model=SiteChecklistRead)
async def update_site_checklist(
    checklist_id: UUID, patch: SiteChecklistUpdate, edge: Matched
) -> Response:
    changed = await edge.write(commands.update_site_checklist, checklist_id, patch)
    return edge.changed(SiteChecklistRead, changed)


@router.post("/{checklist_id}/check", response_model=SiteChecklistRead)
async def check_site_item(checklist_id: UUID, said: CheckItem, edge: Edge) -> Response:
    changed = await edge.write(commands.check_site_item, checklist_id, said)
    return edge.changed(SiteChecklistRead, changed)


history(router, SiteChecklist)
