"""REST of the registers of visitors and of questions."""

from uuid import UUID

from fastapi import APIRouter, Response

from crmkit.components.enums import enums
from crmkit.components.history import history
from crmkit.components.jobs.rest import jobs_of
from crmkit.web.answers import Page
from crmkit.web.edge import Edge, Matched
from services.leads.reception import commands
from services.leads.reception.domain import EnquiryStatus
from services.leads.reception.models import Enquiry, Visit
from services.leads.reception.queries import ENQUIRIES, VISIT_JOBS, VISITS
from services.leads.reception.schemas import (
    AnswerEnquiry,
    EnquiryRead,
    EnquiryUpdate,
    RegisterEnquiry,
    RegisterVisit,
    VisitRead,
    VisitUpdate,
)

visits = APIRouter(prefix="/v1/visits", tags=["reception"])
enquiries = APIRouter(prefix="/v1/enquiries", tags=["reception"])
enums(enquiries, {"status": EnquiryStatus})
jobs_of(visits, commands.JOBS, VISIT_JOBS)


@visits.post("", status_code=201, response_model=VisitRead)
async def register_visit(new: RegisterVisit, edge: Edge) -> Response:
    return edge.created(VisitRead, await edge.write(commands.register_visit, new))


@visits.get("", response_model=Page[VisitRead], openapi_extra=VISITS.openapi())
async def list_visits(edge: Edge) -> Response:
    return edge.page(VisitRead, Visit, await VISITS.find(edge.reading, edge.listing(VISITS)))


@visits.get("/{visit_id}", response_model=VisitRead)
async def get_visit(visit_id: UUID, edge: Edge) -> Response:
    return edge.shown(VisitRead, await edge.get(Visit, visit_id))


@visits.patch("/{visit_id}", response_model=VisitRead)
async def update_visit(visit_id: UUID, patch: VisitUpdate, edge: Matched) -> Response:
    return edge.changed(VisitRead, await edge.write(commands.update_visit, visit_id, patch))


@enquiries.post("", status_code=201, response_model=EnquiryRead)
async def register_enquiry(new: RegisterEnquiry, edge: Edge) -> Response:
    return edge.created(EnquiryRead, await edge.write(commands.register_enquiry, new))


@enquiries.get("", response_model=Page[EnquiryRead], openapi_extra=ENQUIRIES.openapi())
async def list_enquiries(edge: Edge) -> Response:
    found = await ENQUIRIES.find(edge.reading, edge.listing(ENQUIRIES))
    return edge.page(EnquiryRead, Enquiry, found)


@enquiries.get("/{enquiry_id}", response_model=EnquiryRead)
async def get_enquiry(enquiry_id: UUID, edge: Edge) -> Response:
    return edge.shown(EnquiryRead, await edge.get(Enquiry, enquiry_id))


@enquiries.patch("/{enquiry_id}", response_model=EnquiryRead)
async def update_enquiry(enquiry_id: UUID, patch: EnquiryUpdate, edge: Matched) -> Response:
    changed = await edge.write(commands.update_enquiry, enquiry_id, patch)
    return edge.changed(EnquiryRead, changed)


@enquiries.post("/{enquiry_id}/answer", response_model=EnquiryRead)
async def answer_enquiry(enquiry_id: UUID, said: AnswerEnquiry, edge: Edge) -> Response:
    changed = await edge.write(commands.answer_enquiry, enquiry_id, said)
    return edge.changed(EnquiryRead, changed)


history(visits, Visit)
history(enquiries, Enquiry)
router = APIRouter(routes=[*visits.routes, *enquiries.routes])
