"""REST of leads."""

from uuid import UUID

from fastapi import APIRouter, Response

from crmkit.components.batch import batch
from crmkit.components.custom_rest import custom_fields
from crmkit.components.enums import enums
from crmkit.components.history import history
from crmkit.components.jobs.rest import jobs_of
from crmkit.components.views.rest import views_of
from crmkit.fields import Code, Name
from crmkit.web.answers import Page
from crmkit.web.asof import present_only
from crmkit.web.edge import Edge, Matched
from services.leads.lead import commands, queries
from services.leads.lead.domain import Intent, LeadKind, LeadStatus, Question, ScoreGrade
from services.leads.lead.models import Lead
from services.leads.lead.queries import LEAD_FIELD_LIST, LEAD_JOBS, LEAD_VIEWS, LEADS
from services.leads.lead.schemas import (
    ConvertLead,
    DisqualifyLead,
    LeadCreate,
    LeadRead,
    LeadUpdate,
    QualifyLead,
)
from services.leads.matching.domain import DuplicateRule, MatchCertainty, MatchReason
from services.leads.matching.queries import list_matches, prepare_certain
from services.leads.matching.schemas import LeadCheck, LeadChecked, LeadMatchesRead
from services.leads.view.commands import VIEWS

router = APIRouter(prefix="/v1/leads", tags=["leads"])
enums(
    router,
    {
        "status": LeadStatus,
        "intent": Intent,
        "kind": LeadKind,
        "question": Question,
        "grade": ScoreGrade,
        "duplicates": DuplicateRule,
        "certainty": MatchCertainty,
        "reason": MatchReason,
    },
)
custom_fields(router, commands.FIELDS, LEAD_FIELD_LIST)
jobs_of(router, commands.JOBS, LEAD_JOBS)

views_of(router, VIEWS, LEAD_VIEWS)


@router.post("", status_code=201, response_model=LeadRead)
async def create_lead(new: LeadCreate, edge: Edge) -> Response:
    return edge.created(LeadRead, await edge.write(commands.create_lead, new))


@router.get("", response_model=Page[LeadRead], openapi_extra=LEADS.openapi())
async def list_leads(edge: Edge) -> Response:
    return edge.page(LeadRead, Lead, await LEADS.find(edge.reading, edge.listing(LEADS)))


@router.post("/duplicates", response_model=LeadChecked)
@present_only
async def check_leads(asked: LeadCheck, edge: Edge) -> Response:
    """Who of these might be a lead already; nothing is written."""
    probes = [probe.keys() for probe in asked.leads]
    found = await list_matches(edge.reading, probes)
    return edge.plain({"items": [{"items": each} for each in found]})


@router.put(
    "/by/{system}/{external_id}", response_model=LeadRead, responses={201: {"model": LeadRead}}
)
async def put_lead(system: Code, external_id: Name, sent: LeadCreate, edge: Edge) -> Response:
    """Create the lead of that id in another system, or change what is sent of it."""
    lead = await edge.write(commands.put_lead, system, external_id, sent)
    answer = edge.changed(LeadRead, lead)
    if lead.version == 1 and lead.created_at >= edge.reading.now:
        answer.status_code = 201
        answer.headers["location"] = f"/v1/leads/{lead.id}"
    return answer


@router.get("/{lead_id}/duplicates", response_model=LeadMatchesRead)
async def list_duplicates(lead_id: UUID, edge: Edge) -> Response:
    """Which leads may be the same customer as this one, the best match first."""
    return edge.plain({"items": await queries.list_duplicates(edge.reading, lead_id)})


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
    update=(commands.refresh_lead, LeadUpdate),
    prepare=prepare_certain,
    actions={
        "work": (commands.work_lead, None),
        "qualify": (commands.qualify_lead, QualifyLead),
        "disqualify": (commands.disqualify_lead, DisqualifyLead),
        "convert": (commands.convert_lead, ConvertLead),
    },
)
