"""REST of opportunities."""

from uuid import UUID

from fastapi import APIRouter, Response

from crmkit.components.batch import batch
from crmkit.components.custom_rest import custom_fields
from crmkit.components.enums import enums
from crmkit.components.history import history
from crmkit.components.jobs.rest import jobs_of
from crmkit.components.views.rest import views_of
from crmkit.web.answers import Page
from crmkit.web.edge import Edge, Matched
from services.opportunities.opportunity import commands
from services.opportunities.opportunity.domain import OpportunityStatus
from services.opportunities.opportunity.models import Opportunity
from services.opportunities.opportunity.queries import (
    OPPORTUNITIES,
    OPPORTUNITY_FIELD_LIST,
    OPPORTUNITY_JOBS,
    OPPORTUNITY_VIEWS,
)
from services.opportunities.opportunity.schemas import (
    LoseOpportunity,
    MoveStage,
    OpportunityCreate,
    OpportunityRead,
    OpportunityUpdate,
    WinOpportunity,
)
from services.opportunities.view.commands import VIEWS

router = APIRouter(prefix="/v1/opportunities", tags=["opportunities"])
enums(router, {"status": OpportunityStatus})
custom_fields(router, commands.FIELDS, OPPORTUNITY_FIELD_LIST)
jobs_of(router, commands.JOBS, OPPORTUNITY_JOBS)
views_of(router, VIEWS, OPPORTUNITY_VIEWS)


@router.post("", status_code=201, response_model=OpportunityRead)
async def create_opportunity(new: OpportunityCreate, edge: Edge) -> Response:
    return edge.created(OpportunityRead, await edge.write(commands.create_opportunity, new))


@router.get("", response_model=Page[OpportunityRead], openapi_extra=OPPORTUNITIES.openapi())
async def list_opportunities(edge: Edge) -> Response:
    found = await OPPORTUNITIES.find(edge.reading, edge.listing(OPPORTUNITIES))
    return edge.page(OpportunityRead, Opportunity, found)


@router.get("/{opportunity_id}", response_model=OpportunityRead)
async def get_opportunity(opportunity_id: UUID, edge: Edge) -> Response:
    return edge.shown(OpportunityRead, await edge.get(Opportunity, opportunity_id))


@router.patch("/{opportunity_id}", response_model=OpportunityRead)
async def update_opportunity(
    opportunity_id: UUID, patch: OpportunityUpdate, edge: Matched
) -> Response:
    changed = await edge.write(commands.update_opportunity, opportunity_id, patch)
    return edge.changed(OpportunityRead, changed)


@router.post("/{opportunity_id}/stage", response_model=OpportunityRead)
async def move_stage(opportunity_id: UUID, to: MoveStage, edge: Edge) -> Response:
    moved = await edge.write(commands.move_stage, opportunity_id, to)
    return edge.changed(OpportunityRead, moved)


@router.post("/{opportunity_id}/win", response_model=OpportunityRead)
async def win_opportunity(opportunity_id: UUID, deal: WinOpportunity, edge: Edge) -> Response:
    won = await edge.write(commands.win_opportunity, opportunity_id, deal)
    return edge.changed(OpportunityRead, won)


@router.post("/{opportunity_id}/lose", response_model=OpportunityRead)
async def lose_opportunity(opportunity_id: UUID, why: LoseOpportunity, edge: Edge) -> Response:
    lost = await edge.write(commands.lose_opportunity, opportunity_id, why)
    return edge.changed(OpportunityRead, lost)


@router.post("/{opportunity_id}/reopen", response_model=OpportunityRead)
async def reopen_opportunity(opportunity_id: UUID, edge: Edge) -> Response:
    reopened = await edge.write(commands.reopen_opportunity, opportunity_id)
    return edge.changed(OpportunityRead, reopened)


@router.delete("/{opportunity_id}", status_code=204)
async def delete_opportunity(opportunity_id: UUID, edge: Edge) -> Response:
    await edge.write(commands.delete_opportunity, opportunity_id)
    return edge.gone()


@router.post("/{opportunity_id}/restore", response_model=OpportunityRead)
async def restore_opportunity(opportunity_id: UUID, edge: Edge) -> Response:
    restored = await edge.write(commands.restore_opportunity, opportunity_id)
    return edge.changed(OpportunityRead, restored)


history(router, Opportunity)
batch(
    router,
    OpportunityRead,
    create=(commands.create_opportunity, OpportunityCreate),
    update=(commands.update_opportunity, OpportunityUpdate),
    actions={
        "stage": (commands.move_stage, MoveStage),
        "win": (commands.win_opportunity, WinOpportunity),
        "lose": (commands.lose_opportunity, LoseOpportunity),
    },
)
