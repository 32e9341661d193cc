"""REST of pools, their rules and who is in them."""

from uuid import UUID

from fastapi import APIRouter, Response

from crmkit.components.enums import enums
from crmkit.components.history import history
from crmkit.web.answers import Page
from crmkit.web.edge import Edge, Matched
from services.leads.pool import commands
from services.leads.pool.domain import PoolRole, ReleaseReason, ReturnReason
from services.leads.pool.models import Pool, PoolMember, PoolRule
from services.leads.pool.queries import POOL_MEMBERS, POOL_RULES, POOLS
from services.leads.pool.schemas import (
    PoolCreate,
    PoolMemberCreate,
    PoolMemberRead,
    PoolMemberUpdate,
    PoolRead,
    PoolRuleCreate,
    PoolRuleRead,
    PoolRuleUpdate,
    PoolUpdate,
)

pools = APIRouter(prefix="/v1/pools", tags=["pools"])
rules = APIRouter(prefix="/v1/pool-rules", tags=["pools"])
members = APIRouter(prefix="/v1/pool-members", tags=["pools"])
enums(
    pools,
    {"role": PoolRole, "return_reason": ReturnReason, "release_reason": ReleaseReason},
)


@pools.post("", status_code=201, response_model=PoolRead)
async def create_pool(new: PoolCreate, edge: Edge) -> Response:
    return edge.created(PoolRead, await edge.write(commands.create_pool, new))


@pools.get("", response_model=Page[PoolRead], openapi_extra=POOLS.openapi())
async def list_pools(edge: Edge) -> Response:
    return edge.page(PoolRead, Pool, await POOLS.find(edge.reading, edge.listing(POOLS)))


@pools.get("/{pool_id}", response_model=PoolRead)
async def get_pool(pool_id: UUID, edge: Edge) -> Response:
    return edge.shown(PoolRead, await edge.get(Pool, pool_id))


@pools.patch("/{pool_id}", response_model=PoolRead)
async def update_pool(pool_id: UUID, patch: PoolUpdate, edge: Matched) -> Response:
    return edge.changed(PoolRead, await edge.write(commands.update_pool, pool_id, patch))


@rules.post("", status_code=201, response_model=PoolRuleRead)
async def create_pool_rule(new: PoolRuleCreate, edge: Edge) -> Response:
    return edge.created(PoolRuleRead, await edge.write(commands.create_pool_rule, new))


@rules.get("", response_model=Page[PoolRuleRead], openapi_extra=POOL_RULES.openapi())
async def list_pool_rules(edge: Edge) -> Response:
    found = await POOL_RULES.find(edge.reading, edge.listing(POOL_RULES))
    return edge.page(PoolRuleRead, PoolRule, found)


@rules.get("/{rule_id}", response_model=PoolRuleRead)
async def get_pool_rule(rule_id: UUID, edge: Edge) -> Response:
    return edge.shown(PoolRuleRead, await edge.get(PoolRule, rule_id))


@rules.patch("/{rule_id}", response_model=PoolRuleRead)
async def update_pool_rule(rule_id: UUID, patch: PoolRuleUpdate, edge: Matched) -> Response:
    changed = await edge.write(commands.update_pool_rule, rule_id, patch)
    return edge.changed(PoolRuleRead, changed)


@members.post("", status_code=201, response_model=PoolMemberRead)
async def create_pool_member(new: PoolMemberCreate, edge: Edge) -> Response:
    return edge.created(PoolMemberRead, await edge.write(commands.create_pool_member, new))


@members.get("", response_model=Page[PoolMemberRead], openapi_extra=POOL_MEMBERS.openapi())
async def list_pool_members(edge: Edge) -> Response:
    found = await POOL_MEMBERS.find(edge.reading, edge.listing(POOL_MEMBERS))
    return edge.page(PoolMemberRead, PoolMember, found)


@members.get("/{seat_id}", response_model=PoolMemberRead)
async def get_pool_member(seat_id: UUID, edge: Edge) -> Response:
    return edge.shown(PoolMemberRead, await edge.get(PoolMember, seat_id))


@members.patch("/{seat_id}", response_model=PoolMemberRead)
async def update_pool_member(seat_id: UUID, patch: PoolMemberUpdate, edge: Matched) -> Response:
    changed = await edge.write(commands.update_pool_member, seat_id, patch)
    return edge.changed(PoolMemberRead, changed)


history(pools, Pool)
history(rules, PoolRule)
history(members, PoolMember)
router = APIRouter(routes=[*pools.routes, *rules.routes, *members.routes])
