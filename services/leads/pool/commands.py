"""Every change of a pool, its rules and who is in it."""

from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from crmkit.components.directory import owner
from crmkit.db.writing import Tx
from crmkit.events.leads_pool import (
    PoolCreated,
    PoolMemberCounted,
    PoolMemberJoined,
    PoolMemberUpdated,
    PoolRuleCreated,
    PoolRuleUpdated,
    PoolUpdated,
)
from crmkit.fields import given
from crmkit.kernel.errors import Conflict, Invalid
from services.leads.pool.domain import (
    PoolTerms,
    begin,
    demand_ahead,
    demand_room,
    demand_terms,
    effective_day,
    used_today,
)
from services.leads.pool.models import Pool, PoolMember, PoolRule
from services.leads.pool.queries import (
    Ruling,
    count_held,
    find_seat,
    get_ruling,
    terms_of,
    today_of,
)
from services.leads.pool.schemas import (
    PoolCreate,
    PoolMemberCreate,
    PoolMemberUpdate,
    PoolRuleCreate,
    PoolRuleUpdate,
    PoolUpdate,
)


class Held(Protocol):
    """A lead, as its pool looks at it."""

    owner_id: UUID
    pool_id: UUID | None
    claimed_at: datetime | None
    protected: bool


async def create_pool(tx: Tx, new: PoolCreate) -> Pool:
    """Open a pool, with rules that hold from today on; nobody is in it yet."""
    values = given(new)
    pool = tx.create(Pool, PoolCreated, name=values.pop("name"))
    demand_terms(PoolTerms(**values))
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
    demand_terms(
        PoolTerms(**{n: v for n, v in values.items() if n not in ("pool_id", "effective_on")})
    )
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


async def count_in(tx: Tx, seat: PoolMember, ruling: Ruling, **more: int) -> None:
    """One lead more for a member; the row's version guards what is counted here and held."""
    held = await count_held(tx, seat.pool_id, seat.member_id)
    count_one(tx, seat, ruling, held, **more)


def count_one(tx: Tx, seat: PoolMember, ruling: Ruling, held: int, **more: int) -> None:
    """One lead more for a member who holds so many: Conflict `pool.holding_cap`."""
    demand_room(ruling.terms.holding_cap, held)
    counts = {
        name: used_today(seat.counted_on, before, ruling.today) + more.get(name, 0)
        for name, before in (("claimed", seat.claimed), ("received", seat.received))
    }
    tx.update(seat, PoolMemberCounted, counted_on=ruling.today, **counts)


async def receive(tx: Tx, lead: Held, member_id: UUID) -> dict[str, Any]:
    """What becomes of an open lead of a pool that goes to somebody, by whatever way: one that lay
    there is protected from now on.

    Invalid `pool.not_member` where they are not in the pool, Conflict `pool.holding_cap` where they
    hold as many as they may.
    """
    if lead.pool_id is None or member_id == lead.owner_id:
        return {}
    seat = await find_seat(tx, lead.pool_id, member_id)
    if seat is None:
        raise Invalid.field("owner_id", "pool.not_member", "nobody of that id is in the pool")
    ruling = await get_ruling(tx, lead.pool_id)
    await count_in(tx, seat, ruling, received=1)
    return clocks(tx, ruling) if lead.owner_id == lead.pool_id else {}


async def may_receive(tx: Tx, lead: Held, member_id: UUID) -> bool:
    """Whether `receive` gives somebody a lead, which is counted then, where nobody is refused."""
    try:
        await receive(tx, lead, member_id)
    except (Conflict, Invalid):
        return False
    return True


async def count_gained(tx: Tx, pool_id: UUID, member_id: UUID, more: int) -> None:
    """So many leads of a pool that somebody holds more than before: Conflict `pool.holding_cap`;
    who has left the pool has no cap."""
    seat = await find_seat(tx, pool_id, member_id)
    if seat is not None:
        held = await count_held(tx, pool_id, member_id)
        ruling = await get_ruling(tx, pool_id)
        count_one(tx, seat, ruling, held + more - 1, received=more)


async def take_up(tx: Tx, lead: Held) -> dict[str, Any]:
    """What becomes of a lead that is open again: of one that was claimed the clocks begin anew, and
    it counts for whoever has it as if they got it; who has left the pool has no cap."""
    if lead.pool_id is None or lead.claimed_at is None:
        return {}
    ruling = await get_ruling(tx, lead.pool_id)
    seat = await find_seat(tx, lead.pool_id, lead.owner_id)
    if seat is not None:
        await count_in(tx, seat, ruling, received=1)
    return {} if lead.protected else clocks(tx, ruling)


def clocks(tx: Tx, ruling: Ruling) -> dict[str, Any]:
    """The columns of a lead whose protection begins now."""
    begun = begin(tx.occurred_at, ruling.terms, tx.now)
    return {
        "claimed_at": begun.claimed_at,
        "recycle_at": begun.recycle_at,
        "recycle_due_at": begun.due_at,
    }


async def _expect_pool(tx: Tx, pool_id: UUID) -> Pool:
    pool = await tx.find(Pool, id=pool_id)
    if pool is None:
        raise Invalid.field("pool_id", "pool.unknown", "no such pool")
    tx.expect(pool)
    return pool
