"""REST of the caller's tenant."""

from fastapi import APIRouter, Response

from crmkit.kernel.errors import Conflict
from crmkit.web.edge import Edge
from crmkit.web.problems import UNVERSIONED, unversioned
from services.identity.tenant import commands
from services.identity.tenant.models import Tenant
from services.identity.tenant.schemas import TenantPut, TenantRead

router = APIRouter(prefix="/v1/tenant", tags=["tenant"])


@router.get("", response_model=TenantRead)
async def get_tenant(edge: Edge) -> Response:
    return edge.shown(TenantRead, await edge.get(Tenant, edge.actor.tenant_id))


@router.put("", response_model=TenantRead, responses={201: {"model": TenantRead}, 428: UNVERSIONED})
async def put_tenant(new: TenantPut, edge: Edge) -> Response:
    """Set the tenant up (`201`), or replace its settings, which needs `If-Match`."""
    try:
        tenant = await edge.write(commands.put_tenant, new)
    except Conflict as refused:
        if refused.code != "version.required":
            raise
        raise unversioned() from refused
    answer = edge.changed(TenantRead, tenant)
    answer.status_code = 201 if tenant.version == 1 else 200
    return answer
