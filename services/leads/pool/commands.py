"""Every change of a pool, its rules and who is in it."""

from typing import Any
from uuid import UUID

from crmkit.components.directory import owner
from crmkit.db.writing import Tx
from crmkit.events.leads_pool import (
    PoolCreated,
    PoolMemberJoined,
    PoolMemberUpdated,
    PoolRuleCreated,
    PoolRuleUpdated,
    PoolUpdated,
)
from crmkit.fields import given
from crmkit.kernel.errors import Invalid
from services.leads.pool.domain import (
    Terms,
    demand_ahead,
    demand_terms,
    effective_day,
)
from services.leads.pool.models import Pool, PoolMember, PoolRule
from services.leads.pool.queries import terms_of, today_of
from services.leads.pool.schemas import (
    PoolCreate,
    PoolMemberCreate,
    PoolMemberUpdate,
    PoolRuleCreate,
    PoolRuleUpdate,
    PoolUpdate,
)


async def create_pool(tx: Tx, new: PoolCreate) -> Pool:
    """Open a pool, with rules that hold from today on; nobody is in it yet."""
    values = given(new)
    pool = tx.create(Pool, PoolCreated, name=values.pop("name"))
    demand_terms(Terms(**values))
    tx.create(PoolRule, PoolRuleCreated, pool_id=pool.id, effective_on=await today_of(tx), **values)
    return pool


async def update_pool(tx: Tx, pool_id: UUID, patch: PoolUpdate) -> Pool:
    """Call a pool something else, or close it."""
    return tx.update(await tx.take(Pool, pool_id), PoolUpdated, **given(patch))


async def create_pool_rule(tx: Tx, new: PoolRuleCreate) -> PoolRule:
    """Write rules that take over on a day, the next one where none is named."""
    await _expect_pool(tx, new.pool_id)
    day = effective_day(new.effective_on, await today_of(tx))
    values = given(new, effective_on=day)
    demand_terms(Terms(**{n: v for n, v in values.items() if n not in ("pool_id", "effective_on")}))
    return tx.create(PoolRule, PoolRuleCreated, **values)


async def update_pool_rule(tx: Tx, rule_id: UUID, patch: PoolRuleUpdate) -> PoolRule:
    """Change rules that do not hold yet."""
    rule = await tx.take(PoolRule, rule_id)
    demand_ahead(rule.effective_on, await today_of(tx))
    changed = tx.update(rule, PoolRuleUpdated, **given(patch))
    demand_terms(terms_of(changed))
    return changed


async def create_pool_member(tx: Tx, new: PoolMemberCreate) -> PoolMember:
    """Let somebody into a pool; Invalid `owner.unknown` where nobody of that id works here."""
    await _expect_pool(tx, new.pool_id)
    await owner(tx, new.member_id)
    return tx.create(PoolMember, PoolMemberJoined, **given(new))


async def update_pool_member(tx: Tx, seat_id: UUID, patch: PoolMemberUpdate) -> PoolMember:
    """Give somebody another part in a pool, or end it."""
    values: dict[str, Any] = given(patch)
    return tx.update(await tx.take(PoolMember, seat_id), PoolMemberUpdated, **values)


async def _expect_pool(tx: Tx, pool_id: UUID) -> Pool:
    pool = await tx.find(Pool, id=pool_id)
    if pool is None:
        raise Invalid.field("pool_id", "pool.unknown", "no such pool")
    tx.expect(pool)
    return pool
