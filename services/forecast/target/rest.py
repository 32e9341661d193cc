"""REST of targets."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Response

from crmkit.components.history import history
from crmkit.fields import label_schema
from crmkit.kernel.errors import Conflict
from crmkit.kernel.period import Grain
from crmkit.web.answers import Page
from crmkit.web.edge import Edge
from crmkit.web.problems import UNVERSIONED, unversioned
from services.forecast.target import commands
from services.forecast.target.models import Target
from services.forecast.target.queries import TARGETS, find_target
from services.forecast.target.schemas import SetTarget, TargetRead

router = APIRouter(prefix="/v1/targets", tags=["targets"])
SalesPeriod = Annotated[str, Path(json_schema_extra=label_schema(Grain.MONTH, Grain.QUARTER))]


@router.put(
    "/{period}/{owner_id}",
    response_model=TargetRead,
    responses={201: {"model": TargetRead, "description": "The target was set"}, 428: UNVERSIONED},
)
async def set_target(period: SalesPeriod, owner_id: UUID, new: SetTarget, edge: Edge) -> Response:
    """201 where there was none; one that stands is changed with `If-Match`."""
    standing = await find_target(edge.reading, period, owner_id)
    if standing is not None and "if-match" in edge.request.headers:
        return edge.changed(TargetRead, await edge.write(commands.change_target, standing.id, new))
    try:  # though one stands: it may be the one that this request's twin has set
        target = await edge.write(commands.set_target, period, owner_id, new)
    except Conflict as refused:
        if refused.code != "target.exists":
            raise
        raise unversioned() from refused
    answer = edge.created(TargetRead, target)
    answer.headers["location"] = f"/v1/targets/{target.id}"
    return answer


@router.get("", response_model=Page[TargetRead], openapi_extra=TARGETS.openapi())
async def list_targets(edge: Edge) -> Response:
    found = await TARGETS.find(edge.reading, edge.listing(TARGETS))
    return edge.page(TargetRead, Target, found)


@router.get("/{target_id}", response_model=TargetRead)
async def get_target(target_id: UUID, edge: Edge) -> Response:
    return edge.shown(TargetRead, await edge.get(Target, target_id))


history(router, Target)
