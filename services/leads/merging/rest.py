"""REST of merges."""

from uuid import UUID

from fastapi import APIRouter, Response

from crmkit.web.edge import Edge
from services.leads.lead.schemas import LeadRead
from services.leads.merging import commands
from services.leads.merging.schemas import MergeLeads

router = APIRouter(prefix="/v1/leads", tags=["leads"])


@router.post("/{lead_id}/merge", response_model=LeadRead)
async def merge_leads(lead_id: UUID, wanted: MergeLeads, edge: Edge) -> Response:
    return edge.changed(LeadRead, await edge.write(commands.merge_leads, lead_id, wanted))


@router.post("/{lead_id}/unmerge", response_model=LeadRead)
async def unmerge_leads(lead_id: UUID, edge: Edge) -> Response:
    return edge.changed(LeadRead, await edge.write(commands.unmerge_leads, lead_id))
