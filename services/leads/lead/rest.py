"""REST of leads."""

from uuid import UUID

from fastapi import APIRouter, Response

from crmkit.components.batch import batch
from crmkit.components.custom_rest import custom_fields
from crmkit.components.enums import enums
from crmkit.components.history import history
from crmkit.components.jobs.rest import jobs_of
from crmkit.web.answers import Page
from crmkit.web.edge import Edge, Matched
from services.leads.lead import commands
from services.leads.lead.domain import Intent, LeadStatus
from services.leads.lead.models import Lead
from services.leads.lead.queries import LEAD_FIELD_LIST, LEAD_JOBS, LEADS
from services.leads.lead.schemas import (
    ConvertLead,
    DisqualifyLead,
    LeadCreate,
    LeadRead,
    LeadUpdate,
    QualifyLead,
)

router = APIRouter(prefix="/v1/leads", tags=["leads"])
enums(router, {"status": LeadStatus, "intent": Intent})
custom_fields(router, commands.FIELDS, LEAD_FIELD_LIST)
jobs_of(router, commands.JOBS, LEAD_JOBS)


@router.post("", status_code=201, response_model=LeadRead)
async def create_lead(new: LeadCreate, edge: Edge) -> Response:
    return edge.created(LeadRead, await edge.write(commands.create_lead, new))


@router.get("", response_model=Page[LeadRead], openapi_extra=LEADS.openapi())
async def list_leads(edge: Edge) -> Response:
    return edge.page(LeadRead, Lead, await LEADS.find(edge.reading, edge.listing(LEADS)))


@router.get("/{lead_id}", response_model=LeadRead)
async def get_lead(lead_id: UUID, edge: Edge) -> Response:
    return edge.shown(LeadRead, await edge.get(Lead, lead_id))


@router.patch("/{lead_id}", response_model=LeadRead)
async def update_lead(lead_id: UUID, patch: LeadUpdate, edge: Matched) -> Response:
    return edge.changed(LeadRead, await edge.write(commands.update_lead, lead_id, patch))


@router.post("/{lead_id}/work", response_model=LeadRead)
async def work_lead(lead_id: UUID, edge: Edge) -> Response:
    return edge.changed(LeadRead, await edge.write(commands.work_lead, lead_id))


@router.post("/{lead_id}/qualify", response_model=LeadRead)
async def qualify_lead(lead_id: UUID, found: QualifyLead, edge: Edge) -> Response:
    return edge.changed(LeadRead, await edge.write(commands.qualify_lead, lead_id, found))


@router.post("/{lead_id}/disqualify", response_model=LeadRead)
async def disqualify_lead(lead_id: UUID, why: DisqualifyLead, edge: Edge) -> Response:
    return edge.changed(LeadRead, await edge.write(commands.disqualify_lead, lead_id, why))


@router.post("/{lead_id}/reopen", response_model=LeadRead)
async def reopen_lead(lead_id: UUID, edge: Edge) -> Response:
    return edge.changed(LeadRead, await edge.write(commands.reopen_lead, lead_id))


@router.post("/{lead_id}/convert", response_model=LeadRead)
async def convert_lead(lead_id: UUID, deal: ConvertLead, edge: Edge) -> Response:
    return edge.changed(LeadRead, await edge.write(commands.convert_lead, lead_id, deal))


@router.delete("/{lead_id}", status_code=204)
async def delete_lead(lead_id: UUID, edge: Edge) -> Response:
    await edge.write(commands.delete_lead, lead_id)
    return edge.gone()


@router.post("/{lead_id}/restore", response_model=LeadRead)
async def restore_lead(lead_id: UUID, edge: Edge) -> Response:
    return edge.changed(LeadRead, await edge.write(commands.restore_lead, lead_id))


history(router, Lead)
batch(
    router,
    LeadRead,
    create=(commands.create_lead, LeadCreate),
    update=(commands.update_lead, LeadUpdate),
    actions={
        "work": (commands.work_lead, None),
        "qualify": (commands.qualify_lead, QualifyLead),
        "disqualify": (commands.disqualify_lead, DisqualifyLead),
        "convert": (commands.convert_lead, ConvertLead),
    },
)
