"""Every change of what a tenant decided of its leads' times."""

from crmkit.db.writing import Tx
from crmkit.events.leads_terms import LeadTermsCreated, LeadTermsUpdated
from crmkit.kernel.errors import Conflict
from services.leads.terms.models import LeadTerms
from services.leads.terms.queries import find_terms
from services.leads.terms.schemas import LeadTermsPut


async def put_lead_terms(tx: Tx, new: LeadTermsPut) -> LeadTerms:
    """Say how long things may take; Conflict `version.required` where that was said before and no
    version is named."""
    if await find_terms(tx) is None:
        return tx.create(LeadTerms, LeadTermsCreated, id=tx.tenant_id, **new.model_dump())
    if tx.expected is None:
        raise Conflict("say which version you replace", code="version.required")
    return tx.update(await tx.take(LeadTerms, tx.tenant_id), LeadTermsUpdated, **new.model_dump())
