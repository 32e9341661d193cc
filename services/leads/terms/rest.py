"""REST of a tenant's times."""

from fastapi import APIRouter, Response

from crmkit.components.history import history
from crmkit.web.edge import Edge
from crmkit.web.problems import UNVERSIONED
from services.leads.terms import commands
from services.leads.terms.models import LeadTerms
from services.leads.terms.schemas import LeadTermsPut, LeadTermsRead

router = APIRouter(prefix="/v1/lead-terms", tags=["terms"])


@router.get("", response_model=LeadTermsRead)
async def get_lead_terms(edge: Edge) -> Response:
    return edge.shown(LeadTermsRead, await edge.get(LeadTerms, edge.actor.tenant_id))


@router.put(
    "",
    response_model=LeadTermsRead,
    responses={201: {"model": LeadTermsRead}, 428: UNVERSIONED},
)
async def put_lead_terms(new: LeadTermsPut, edge: Edge) -> Response:
    """Say it for the first time (`201`), or anew, which needs `If-Match`."""
    return await edge.put(LeadTermsRead, commands.put_lead_terms, new)


history(router, LeadTerms)
