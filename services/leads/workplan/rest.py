"""REST of plans."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from crmkit.components.directory import tenant
from crmkit.components.history import history
from crmkit.web.answers import Page
from crmkit.web.edge import Edge
from services.leads.workplan import commands
from services.leads.workplan.domain import due_of, plan_period
from services.leads.workplan.models import WorkPlan
from services.leads.workplan.queries import WORK_PLANS, list_progress
from services.leads.workplan.schemas import (
    PlanLine,
    PlanProgressRead,
    ProgressQuery,
    SubmitPlan,
    WorkPlanRead,
)

router = APIRouter(prefix="/v1/work-plans", tags=["work plans"])


@router.get("/progress", response_model=PlanProgressRead)
async def get_plan_progress(edge: Edge, asked: Annotated[ProgressQuery, Query()]) -> Response:
    """What was to be done in a day, week or month, and what was done."""
    period = plan_period(asked.period)
    lines = await list_progress(edge.reading, period, asked.owner_id)
    return edge.plain(
        {
            "period": period.label,
            "starts_on": period.start,
            "ends_on": period.end - timedelta(1),
            "due_at": due_of(period, (await tenant(edge.reading)).zone),
            "lines": [PlanLine.of(line.figures()) for line in lines],
        }
    )


@router.post("", status_code=201, response_model=WorkPlanRead)
async def submit_work_plan(new: SubmitPlan, edge: Edge) -> Response:
    """Handing a period's plan in again revises the one there is."""
    return edge.created(WorkPlanRead, await edge.write(commands.submit_work_plan, new))


@router.get("", response_model=Page[WorkPlanRead], openapi_extra=WORK_PLANS.openapi())
async def list_work_plans(edge: Edge) -> Response:
    found = await WORK_PLANS.find(edge.reading, edge.listing(WORK_PLANS))
    return edge.page(WorkPlanRead, WorkPlan, found)


@router.get("/{work_plan_id}", response_model=WorkPlanRead)
async def get_work_plan(work_plan_id: UUID, edge: Edge) -> Response:
    return edge.shown(WorkPlanRead, await edge.get(WorkPlan, work_plan_id))


history(router, WorkPlan)
