"""The caller's tenant."""

from crmkit.db.reading import Reading
from services.identity.tenant.models import Tenant


async def find_tenant(reading: Reading) -> Tenant | None:
    """The tenant's settings; None until they are put for the first time."""
    return await reading.find(Tenant, id=reading.tenant_id)
