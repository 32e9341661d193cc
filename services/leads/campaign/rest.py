"""REST of campaigns and their costs."""

from uuid import UUID

from fastapi import APIRouter, Response

from crmkit.components.batch import batch
from crmkit.components.enums import enums
from crmkit.components.history import history
from crmkit.web.answers import Page
from crmkit.web.edge import Edge, Matched
from services.leads.campaign import commands
from services.leads.campaign.domain import (
    CampaignKind,
    CampaignStatus,
    Channel,
    CostKind,
    PlanLevel,
)
from services.leads.campaign.models import Campaign, CampaignCost
from services.leads.campaign.queries import CAMPAIGNS, COSTS, find_tree
from services.leads.campaign.schemas import (
    CampaignCostRead,
    CampaignCreate,
    CampaignNode,
    CampaignRead,
    CampaignTotal,
    CampaignTree,
    CampaignUpdate,
    CancelCampaign,
    CorrectCost,
    RecordCost,
)

campaigns = APIRouter(prefix="/v1/campaigns", tags=["campaigns"])
costs = APIRouter(prefix="/v1/campaign-costs", tags=["campaigns"])
enums(
    campaigns,
    {
        "status": CampaignStatus,
        "kind": CampaignKind,
        "channel": Channel,
        "plan_level": PlanLevel,
    },
)
enums(costs, {"kind": CostKind})


@campaigns.post("", status_code=201, response_model=CampaignRead)
async def create_campaign(new: CampaignCreate, edge: Edge) -> Response:
    return edge.created(CampaignRead, await edge.write(commands.create_campaign, new))


@campaigns.get("", response_model=Page[CampaignRead], openapi_extra=CAMPAIGNS.openapi())
async def list_campaigns(edge: Edge) -> Response:
    found = await CAMPAIGNS.find(edge.reading, edge.listing(CAMPAIGNS))
    return edge.page(CampaignRead, Campaign, found)


@campaigns.get("/{campaign_id}", response_model=CampaignRead)
async def get_campaign(campaign_id: UUID, edge: Edge) -> Response:
    return edge.shown(CampaignRead, await edge.get(Campaign, campaign_id))


@campaigns.get("/{campaign_id}/tree", response_model=CampaignTree)
async def get_campaign_tree(campaign_id: UUID, edge: Edge) -> Response:
    """A plan with all that belongs to it, and what they have been given and have spent in all."""
    found = await find_tree(edge.reading, campaign_id)
    told = {"items": [*map(CampaignNode.of, found.nodes)], "truncated": found.truncated}
    told |= {"totals": [*map(CampaignTotal.of, found.totals)], "sources": found.sources}
    return edge.plain(told)


@campaigns.patch("/{campaign_id}", response_model=CampaignRead)
async def update_campaign(campaign_id: UUID, patch: CampaignUpdate, edge: Matched) -> Response:
    changed = await edge.write(commands.update_campaign, campaign_id, patch)
    return edge.changed(CampaignRead, changed)


@campaigns.post("/{campaign_id}/approve", response_model=CampaignRead)
async def approve_campaign(campaign_id: UUID, edge: Edge) -> Response:
    return edge.changed(CampaignRead, await edge.write(commands.approve_campaign, campaign_id))


@campaigns.post("/{campaign_id}/revise", response_model=CampaignRead)
async def revise_campaign(campaign_id: UUID, edge: Edge) -> Response:
    return edge.changed(CampaignRead, await edge.write(commands.revise_campaign, campaign_id))


@campaigns.post("/{campaign_id}/start", response_model=CampaignRead)
async def start_campaign(campaign_id: UUID, edge: Edge) -> Response:
    return edge.changed(CampaignRead, await edge.write(commands.start_campaign, campaign_id))


@campaigns.post("/{campaign_id}/end", response_model=CampaignRead)
async def end_campaign(campaign_id: UUID, edge: Edge) -> Response:
    return edge.changed(CampaignRead, await edge.write(commands.end_campaign, campaign_id))


@campaigns.post("/{campaign_id}/cancel", response_model=CampaignRead)
async def cancel_campaign(campaign_id: UUID, why: CancelCampaign, edge: Edge) -> Response:
    changed = await edge.write(commands.cancel_campaign, campaign_id, why)
    return edge.changed(CampaignRead, changed)


@campaigns.post("/{campaign_id}/costs", status_code=201, response_model=CampaignCostRead)
async def record_cost(campaign_id: UUID, new: RecordCost, edge: Edge) -> Response:
    cost = await edge.write(commands.record_cost, campaign_id, new)
    answer = edge.created(CampaignCostRead, cost)
    answer.headers["location"] = f"/v1/campaign-costs/{cost.id}"
    return answer


@costs.get("", response_model=Page[CampaignCostRead], openapi_extra=COSTS.openapi())
async def list_costs(edge: Edge) -> Response:
    found = await COSTS.find(edge.reading, edge.listing(COSTS))
    return edge.page(CampaignCostRead, CampaignCost, found)


@costs.get("/{cost_id}", response_model=CampaignCostRead)
async def get_cost(cost_id: UUID, edge: Edge) -> Response:
    return edge.shown(CampaignCostRead, await edge.get(CampaignCost, cost_id))


@costs.patch("/{cost_id}", response_model=CampaignCostRead)
async def correct_cost(cost_id: UUID, patch: CorrectCost, edge: Matched) -> Response:
    changed = await edge.write(commands.correct_cost, cost_id, patch)
    return edge.changed(CampaignCostRead, changed)


@costs.delete("/{cost_id}", status_code=204)
async def delete_cost(cost_id: UUID, edge: Edge) -> Response:
    await edge.write(commands.delete_cost, cost_id)
    return edge.gone()


history(campaigns, Campaign)
history(costs, CampaignCost)
batch(
    campaigns,
    CampaignRead,
    create=(commands.create_campaign, CampaignCreate),
    update=(commands.update_campaign, CampaignUpdate),
    actions={
        "approve": (commands.approve_campaign, None),
        "start": (commands.start_campaign, None),
        "end": (commands.end_campaign, None),
        "cancel": (commands.cancel_campaign, CancelCampaign),
    },
)
router = APIRouter(routes=[*campaigns.routes, *costs.routes])
