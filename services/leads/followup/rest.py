"""REST of follow-ups."""

from uuid import UUID

from fastapi import APIRouter, Response

from crmkit.components.enums import enums
from crmkit.components.history import history
from crmkit.web.answers import Page
from crmkit.web.edge import Edge, Matched
from services.leads.followup import commands
from services.leads.followup.domain import FollowUpStatus, FollowUpStopReason, FollowUpTrigger
from services.leads.followup.models import FollowUpPlan, FollowUpTemplate
from services.leads.followup.queries import FOLLOW_UP_PLANS, FOLLOW_UP_TEMPLATES
from services.leads.followup.schemas import (
    FollowUpPlanRead,
    FollowUpTemplateCreate,
    FollowUpTemplateRead,
    FollowUpTemplateUpdate,
    StartFollowUp,
)

templates = APIRouter(prefix="/v1/follow-up-templates", tags=["follow-ups"])
plans = APIRouter(prefix="/v1/follow-ups", tags=["follow-ups"])
enums(templates, {"trigger": FollowUpTrigger})
enums(plans, {"status": FollowUpStatus, "stop_reason": FollowUpStopReason})


@templates.post("", status_code=201, response_model=FollowUpTemplateRead)
async def create_follow_up_template(new: FollowUpTemplateCreate, edge: Edge) -> Response:
    made = await edge.write(commands.create_follow_up_template, new)
    return edge.created(FollowUpTemplateRead, made)


@templates.get(
    "", response_model=Page[FollowUpTemplateRead], openapi_extra=FOLLOW_UP_TEMPLATES.openapi()
)
async def list_follow_up_templates(edge: Edge) -> Response:
    found = await FOLLOW_UP_TEMPLATES.find(edge.reading, edge.listing(FOLLOW_UP_TEMPLATES))
    return edge.page(FollowUpTemplateRead, FollowUpTemplate, found)


@templates.get("/{template_id}", response_model=FollowUpTemplateRead)
async def get_follow_up_template(template_id: UUID, edge: Edge) -> Response:
    return edge.shown(FollowUpTemplateRead, await edge.get(FollowUpTemplate, template_id))


@templates.patch("/{template_id}", response_model=FollowUpTemplateRead)
async def update_follow_up_template(
    template_id: UUID, patch: FollowUpTemplateUpdate, edge: Matched
) -> Response:
    changed = await edge.write(commands.update_follow_up_template, template_id, patch)
    return edge.changed(FollowUpTemplateRead, changed)


@plans.post("", status_code=201, response_model=FollowUpPlanRead)
async def start_follow_up(new: StartFollowUp, edge: Edge) -> Response:
    return edge.created(FollowUpPlanRead, await edge.write(commands.start_follow_up, new))


@plans.get("", response_model=Page[FollowUpPlanRead], openapi_extra=FOLLOW_UP_PLANS.openapi())
async def list_follow_ups(edge: Edge) -> Response:
    found = await FOLLOW_UP_PLANS.find(edge.reading, edge.listing(FOLLOW_UP_PLANS))
    return edge.page(FollowUpPlanRead, FollowUpPlan, found)


@plans.get("/{follow_up_id}", response_model=FollowUpPlanRead)
async def get_follow_up(follow_up_id: UUID, edge: Edge) -> Response:
    return edge.shown(FollowUpPlanRead, await edge.get(FollowUpPlan, follow_up_id))


@plans.post("/{follow_up_id}/stop", response_model=FollowUpPlanRead)
async def stop_follow_up(follow_up_id: UUID, edge: Edge) -> Response:
    return edge.changed(FollowUpPlanRead, await edge.write(commands.stop_follow_up, follow_up_id))


history(templates, FollowUpTemplate)
history(plans, FollowUpPlan)
router = APIRouter(routes=[*templates.routes, *plans.routes])
