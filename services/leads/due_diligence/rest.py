"""REST of due diligence."""

from uuid import UUID

from fastapi import APIRouter, Response

from crmkit.components.enums import enums
from crmkit.components.history import history
from crmkit.web.answers import Page
from crmkit.web.edge import Edge
from services.leads.due_diligence import commands
from services.leads.due_diligence.domain import DueDiligenceOutcome, DueDiligenceStatus
from services.leads.due_diligence.models import DueDiligence
from services.leads.due_diligence.queries import DUE_DILIGENCE
from services.leads.due_diligence.schemas import (
    CompleteDueDiligence,
    DueDiligenceRead,
    RequestDueDiligence,
)

router = APIRouter(prefix="/v1/due-diligence", tags=["due diligence"])
enums(router, {"status": DueDiligenceStatus, "outcome": DueDiligenceOutcome})


@router.post("", status_code=201, response_model=DueDiligenceRead)
async def request_due_diligence(new: RequestDueDiligence, edge: Edge) -> Response:
    return edge.created(DueDiligenceRead, await edge.write(commands.request_due_diligence, new))


@router.get("", response_model=Page[DueDiligenceRead], openapi_extra=DUE_DILIGENCE.openapi())
async def list_due_diligence(edge: Edge) -> Response:
    found = await DUE_DILIGENCE.find(edge.reading, edge.listing(DUE_DILIGENCE))
    return edge.page(DueDiligenceRead, DueDiligence, found)


@router.get("/{due_diligence_id}", response_model=DueDiligenceRead)
async def get_due_diligence(due_diligence_id: UUID, edge: Edge) -> Response:
    return edge.shown(DueDiligenceRead, await edge.get(DueDiligence, due_diligence_id))


@router.post("/{due_diligence_id}/complete", response_model=DueDiligenceRead)
async def complete_due_diligence(
    due_diligence_id: UUID, found: CompleteDueDiligence, edge: Edge
) -> Response:
    changed = await edge.write(commands.complete_due_diligence, due_diligence_id, found)
    return edge.changed(DueDiligenceRead, changed)


@router.post("/{due_diligence_id}/cancel", response_model=DueDiligenceRead)
async def cancel_due_diligence(due_diligence_id: UUID, edge: Edge) -> Response:
    changed = await edge.write(commands.cancel_due_diligence, due_diligence_id)
    return edge.changed(DueDiligenceRead, changed)


history(router, DueDiligence)
