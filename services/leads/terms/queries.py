"""What a tenant decided of its leads' times."""

from crmkit.db.reading import Reading
from services.leads.terms.domain import PROTECTED_DAYS, RESPONSE_MINUTES, Terms, terms_of
from services.leads.terms.models import LeadTerms

_REMEMBER_SECONDS = 2.0


async def find_terms(reading: Reading) -> LeadTerms | None:
    """What the tenant decided; None until it has."""
    return await reading.find(LeadTerms, id=reading.tenant_id)


async def get_terms(reading: Reading) -> Terms:
    """What holds for the tenant; remembered for two seconds, since it is asked for every lead."""

    async def ask() -> Terms:
        said = await find_terms(reading)
        return terms_of(*((said.response_minutes, said.protected_days) if said else _USUAL))

    return await reading.recall("lead_terms", ask, _REMEMBER_SECONDS)


_USUAL = (RESPONSE_MINUTES, PROTECTED_DAYS)
