"""Every change of a tenant."""

from crmkit.db.writing import Tx
from crmkit.events.identity import TenantCreated, TenantUpdated
from crmkit.fields import given
from crmkit.kernel.errors import Conflict
from services.identity.tenant import queries
from services.identity.tenant.models import Tenant
from services.identity.tenant.schemas import TenantPut


async def put_tenant(tx: Tx, new: TenantPut) -> Tenant:
    """Set the tenant up, or replace its settings; Conflict `version.required` then without one."""
    if await queries.find_tenant(tx) is None:
        return tx.create(Tenant, TenantCreated, id=tx.tenant_id, **given(new))
    if tx.expected is None:
        raise Conflict("say which version you replace", code="version.required")
    return tx.update(await tx.take(Tenant, tx.tenant_id), TenantUpdated, **given(new))
