"""REST of erasures."""

from uuid import UUID

from fastapi import APIRouter, Response

from crmkit.components.enums import enums
from crmkit.components.history import history
from crmkit.web.answers import Page
from crmkit.web.edge import Edge
from services.leads.account.schemas import AccountRead
from services.leads.contact.schemas import ContactRead
from services.leads.erasure import commands
from services.leads.erasure.domain import ErasureKind, ErasureReason
from services.leads.erasure.models import Erasure
from services.leads.erasure.queries import ERASURES
from services.leads.erasure.schemas import EraseRecord, ErasureRead
from services.leads.lead.schemas import LeadRead

erasing = APIRouter(prefix="/v1", tags=["erasures"])
register = APIRouter(prefix="/v1/erasures", tags=["erasures"])
enums(register, {"kind": ErasureKind, "reason": ErasureReason})


@erasing.post("/contacts/{contact_id}/erase", response_model=ContactRead)
async def erase_contact(contact_id: UUID, asked: EraseRecord, edge: Edge) -> Response:
    return edge.changed(ContactRead, await edge.write(commands.erase_contact, contact_id, asked))


@erasing.post("/leads/{lead_id}/erase", response_model=LeadRead)
async def erase_lead(lead_id: UUID, asked: EraseRecord, edge: Edge) -> Response:
    return edge.changed(LeadRead, await edge.write(commands.erase_lead, lead_id, asked))


@erasing.post("/accounts/{account_id}/erase", response_model=AccountRead)
async def erase_account(account_id: UUID, asked: EraseRecord, edge: Edge) -> Response:
    return edge.changed(AccountRead, await edge.write(commands.erase_account, account_id, asked))


@register.get("", response_model=Page[ErasureRead], openapi_extra=ERASURES.openapi())
async def list_erasures(edge: Edge) -> Response:
    found = await ERASURES.find(edge.reading, edge.listing(ERASURES))
    return edge.page(ErasureRead, Erasure, found)


@register.get("/{erasure_id}", response_model=ErasureRead)
async def get_erasure(erasure_id: UUID, edge: Edge) -> Response:
    return edge.shown(ErasureRead, await edge.get(Erasure, erasure_id))


history(register, Erasure)
router = APIRouter(routes=[*erasing.routes, *register.routes])
