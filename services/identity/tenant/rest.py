"""REST of the caller's tenant."""

from fastapi import APIRouter, Response

from crmkit.web.edge import Edge
from crmkit.web.problems import Refusal
from services.identity.tenant import commands, queries
from services.identity.tenant.models import Tenant
from services.identity.tenant.schemas import TenantPut, TenantRead

router = APIRouter(prefix="/v1/tenant", tags=["tenant"])


@router.get("", response_model=TenantRead)
async def get_tenant(edge: Edge) -> Response:
    return edge.shown(TenantRead, await edge.get(Tenant, edge.actor.tenant_id))


@router.put("", response_model=TenantRead, responses={201: {"model": TenantRead}})
async def put_tenant(new: TenantPut, edge: Edge) -> Response:
    """Set the tenant up (`201`), or replace its settings, which needs `If-Match`."""
    known = await queries.find_tenant(edge.reading)
    if known is not None and "if-match" not in edge.request.headers:
        raise Refusal(428, "say which version you change with If-Match", code="version.required")
    answer = edge.changed(TenantRead, await edge.write(commands.put_tenant, new))
    answer.status_code = 201 if known is None else 200
    return answer
