"""REST of the caller's tenant."""

from fastapi import APIRouter, Response

from crmkit.web.edge import Edge
from crmkit.web.problems import UNVERSIONED
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
    return await edge.put(TenantRead, commands.put_tenant, new)
