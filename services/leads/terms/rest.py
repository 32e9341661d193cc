"""REST of a tenant's times."""

from fastapi import APIRouter, Response

from crmkit.components.history import history
from crmkit.kernel.errors import Conflict
from crmkit.web.edge import Edge
from crmkit.web.problems import UNVERSIONED, unversioned
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
    try:
        decided = await edge.write(commands.put_lead_terms, new)
    except Conflict as refused:
        if refused.code != "version.required":
            raise
        raise unversioned() from refused
    answer = edge.changed(LeadTermsRead, decided)
    answer.status_code = 201 if decided.version == 1 else 200
    return answer


history(router, LeadTerms)
