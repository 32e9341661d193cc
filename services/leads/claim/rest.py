"""REST of what lies in pools, and how leads come into them, to somebody, and back."""

from uuid import UUID

from fastapi import APIRouter, Response

from crmkit.web.answers import Page
from crmkit.web.edge import Edge
from services.leads.claim import commands, queries
from services.leads.claim.queries import POOL_LEADS
from services.leads.claim.schemas import (
    Allocate,
    GiveBack,
    LeadCustodyRead,
    PoolLeadRead,
    PutIntoPool,
    TakeBack,
)
from services.leads.lead.models import Lead
from services.leads.lead.schemas import LeadRead

leads = APIRouter(prefix="/v1/leads", tags=["pools"])
pools = APIRouter(prefix="/v1/pools", tags=["pools"])


@pools.get(
    "/{pool_id}/leads", response_model=Page[PoolLeadRead], openapi_extra=POOL_LEADS.openapi()
)
async def list_pool_leads(pool_id: UUID, edge: Edge) -> Response:
    """What lies in the pool, for its members; whom to call is null until somebody has claimed it,
    where the rules say so."""
    found = await queries.find_pool_leads(edge.reading, pool_id, edge.listing(POOL_LEADS))
    return edge.page(PoolLeadRead, Lead, found)


@leads.post("/{lead_id}/claim", response_model=LeadRead)
async def claim_lead(lead_id: UUID, edge: Edge) -> Response:
    """409 `pool.claimed` where somebody else was first, `pool.daily_cap`, `pool.holding_cap` and
    `pool.cooldown` where the rules of the pool are against it."""
    return edge.changed(LeadRead, await edge.write(commands.claim_lead, lead_id))


@pools.post("/{pool_id}/claim-next", response_model=LeadRead)
async def claim_next(pool_id: UUID, edge: Edge) -> Response:
    """Claim the lead that lies first in the pool's list, without naming it: of any number who ask
    at once each gets another. 404 `pool.empty` where nothing lies there for the caller; 409 as for
    a claim."""
    return edge.changed(LeadRead, await edge.write(commands.claim_next, pool_id))


@leads.post("/{lead_id}/pool", response_model=LeadCustodyRead)
async def put_into_pool(lead_id: UUID, where: PutIntoPool, edge: Edge) -> Response:
    changed = await edge.write(commands.put_into_pool, lead_id, where)
    return edge.changed(LeadCustodyRead, changed)


@leads.post("/{lead_id}/give-back", response_model=LeadCustodyRead)
async def give_back(lead_id: UUID, why: GiveBack, edge: Edge) -> Response:
    return edge.changed(LeadCustodyRead, await edge.write(commands.give_back, lead_id, why))


@leads.post("/{lead_id}/take-back", response_model=LeadCustodyRead)
async def take_back(lead_id: UUID, why: TakeBack, edge: Edge) -> Response:
    return edge.changed(LeadCustodyRead, await edge.write(commands.take_back, lead_id, why))


@leads.post("/{lead_id}/allocate", response_model=LeadCustodyRead)
async def allocate_lead(lead_id: UUID, to: Allocate, edge: Edge) -> Response:
    return edge.changed(LeadCustodyRead, await edge.write(commands.allocate_lead, lead_id, to))


@leads.post("/{lead_id}/protect", response_model=LeadCustodyRead)
async def protect_lead(lead_id: UUID, edge: Edge) -> Response:
    return edge.changed(LeadCustodyRead, await edge.write(commands.protect_lead, lead_id))


@leads.post("/{lead_id}/unprotect", response_model=LeadCustodyRead)
async def unprotect_lead(lead_id: UUID, edge: Edge) -> Response:
    return edge.changed(LeadCustodyRead, await edge.write(commands.unprotect_lead, lead_id))


router = APIRouter(routes=[*leads.routes, *pools.routes])
