"""How leads come into pools, to somebody, and back."""

from typing import Any
from uuid import UUID

from crmkit.components.directory import owner
from crmkit.db.executor import locking
from crmkit.db.turns import in_turn
from crmkit.db.writing import Tx
from crmkit.events.leads_pool import (
    LeadAllocated,
    LeadClaimed,
    LeadExtended,
    LeadPooled,
    LeadProtected,
    LeadRecycled,
    LeadRecycleWarning,
    LeadReturned,
    LeadTakenBack,
    LeadUnprotected,
)
from crmkit.kernel.access import covers
from crmkit.kernel.errors import Conflict, Invalid, NotFound
from services.leads.claim.queries import Claim, find_claim, find_next, keeps_pools
from services.leads.claim.schemas import Allocate, GiveBack, PutIntoPool, TakeBack
from services.leads.lead.domain import OPEN
from services.leads.lead.models import Lead
from services.leads.pool.commands import clocks, count_in, count_one
from services.leads.pool.domain import (
    PoolRole,
    ReleaseReason,
    demand_cooled,
    demand_daily,
    demand_manager,
    demand_note,
    demand_seat,
    extend,
    next_due,
    recycled_because,
    used_today,
)
from services.leads.pool.models import Pool, PoolMember
from services.leads.pool.queries import Ruling, find_seat, get_ruling

_NOBODYS: dict[str, Any] = {
    "team": "",
    "claimed_at": None,
    "recycle_at": None,
    "recycle_due_at": None,
    "protected": False,
    "rule_id": None,
    "strategy": "",
}


async def put_into_pool(tx: Tx, lead_id: UUID, where: PutIntoPool) -> Lead:
    """转入公海 let go of an open lead; one that lies in a pool moves to another."""
    lead = await tx.take(Lead, lead_id)
    demand_open(lead)
    pool = await tx.find(Pool, id=where.pool_id)
    if pool is None or not pool.active:
        raise Invalid.field("pool_id", "pool.unknown", "no pool that takes leads in")
    tx.expect(pool)
    values = released(tx, lead, ReleaseReason.POOLED, where.note, pool.id)
    return tx.update(lead, LeadPooled, **values)


@in_turn
async def claim_lead(tx: Tx, lead_id: UUID) -> Lead:
    """领取 take a lead out of a pool that the caller is a member of.

    Lead and claimer are moved by one statement guarded by both versions: of two who claim at once
    one is decided again and finds the lead claimed (Conflict `pool.claimed`), and of two claims by
    one member one is counted again.
    """
    met = await find_claim(tx, lead_id)
    if met is None:
        raise _unknown()
    return await _claim(tx, met)


@in_turn
@locking
async def claim_next(tx: Tx, pool_id: UUID) -> Lead:
    """领取下一条 take the lead of a pool that lies first in its list, without naming it.

    What others are taking at the same moment is passed over, and so is what the caller gave up
    lately (the cooldown); caps hold as they do for `claim_lead`. NotFound `pool.empty`.
    """
    pool = await tx.get(Pool, pool_id)
    demand_seat(await find_seat(tx, pool.id, tx.actor.member_id) is not None)
    next_id = await find_next(tx, pool.id, (await get_ruling(tx, pool.id)).terms)
    met = await find_claim(tx, next_id) if next_id is not None else None
    if met is None:
        raise NotFound("no lead of the pool is free", code="pool.empty")
    return await _claim(tx, met)


async def _claim(tx: Tx, met: Claim) -> Lead:
    lead, seat, terms = met.lead, met.seat, met.ruling.terms
    _demand_met(tx, lead, seat)
    demand_seat(seat is not None)
    _demand_lying(lead)
    was_mine = lead.released_by == tx.actor.member_id
    cooldown = terms.previous_owner_cooldown_hours
    demand_cooled(lead.released_at if was_mine else None, cooldown, tx.now)
    if seat is not None:
        used = used_today(seat.counted_on, seat.claimed, met.ruling.today)
        demand_daily(terms.claim_cap_per_day, used)
        count_one(tx, seat, met.ruling, met.held, claimed=1)
    return tx.update(lead, LeadClaimed, **await kept(tx, met.ruling, tx.actor.member_id))


async def allocate_lead(tx: Tx, lead_id: UUID, to: Allocate) -> Lead:
    """分配 give a lead of a pool to a member, for an administrator; daily caps are for claims."""
    lead, seat = await _in_pool(tx, lead_id)
    demand_manager(_manages(tx, seat))
    _demand_lying(lead)
    getter = await find_seat(tx, lead.owner_id, to.member_id)
    if getter is None:
        raise Invalid.field("member_id", "pool.not_member", "nobody of that id is in the pool")
    ruling = await get_ruling(tx, lead.owner_id)
    await count_in(tx, getter, ruling, received=1)
    return tx.update(lead, LeadAllocated, **await kept(tx, ruling, to.member_id))


async def give_back(tx: Tx, lead_id: UUID, why: GiveBack) -> Lead:
    """退回 put a lead back into the pool it came from, with the reason."""
    lead = await tx.take(Lead, lead_id)
    _demand_held(lead)
    demand_note(why.reason, why.note)
    return tx.update(lead, LeadReturned, **released(tx, lead, why.reason, why.note))


async def take_back(tx: Tx, lead_id: UUID, why: TakeBack) -> Lead:
    """收回 put a member's lead back into the pool, for an administrator."""
    lead, seat = await _in_pool(tx, lead_id)
    demand_manager(_manages(tx, seat))
    _demand_held(lead)
    values = released(tx, lead, ReleaseReason.TAKEN_BACK, why.note)
    return tx.update(lead, LeadTakenBack, **values)


async def protect_lead(tx: Tx, lead_id: UUID) -> Lead:
    """保护客户 stop the clocks of a member's lead, for an administrator."""
    lead, seat = await _in_pool(tx, lead_id)
    demand_manager(_manages(tx, seat))
    _demand_held(lead)
    return tx.update(lead, LeadProtected, protected=True, recycle_at=None, recycle_due_at=None)


async def unprotect_lead(tx: Tx, lead_id: UUID) -> Lead:
    """Begin the clocks of a protected lead anew, for an administrator."""
    lead, seat = await _in_pool(tx, lead_id)
    demand_manager(_manages(tx, seat))
    _demand_held(lead)
    if not lead.protected:
        return lead
    ruling = await get_ruling(tx, _pool_of(lead))
    return tx.update(lead, LeadUnprotected, protected=False, **clocks(tx, ruling))


async def extend_protection(tx: Tx, lead: Lead) -> Lead:
    """Something was done about a lead at the Tx's instant: it stays its owner's for longer."""
    if lead.claimed_at is None or lead.recycle_at is None or lead.status not in OPEN:
        return lead
    terms = (await get_ruling(tx, _pool_of(lead))).terms
    later = extend(lead.claimed_at, lead.recycle_at, tx.occurred_at, terms, tx.now)
    if later.recycle_at == lead.recycle_at:
        return lead
    return tx.update(lead, LeadExtended, recycle_at=later.recycle_at, recycle_due_at=later.due_at)


async def recycle_lead(tx: Tx, lead_id: UUID) -> Lead | None:
    """回收 what is due for a lead: a warning, or the way back. Nothing where nothing is."""
    lead = await tx.find(Lead, id=lead_id)
    if lead is None or lead.claimed_at is None or lead.recycle_at is None:
        return lead
    if lead.recycle_due_at is None or lead.recycle_due_at > tx.now or lead.status not in OPEN:
        return lead
    terms = (await get_ruling(tx, _pool_of(lead))).terms
    if tx.now < lead.recycle_at:
        due = next_due(lead.recycle_at, terms.warn_days, tx.now)
        return tx.update(lead, LeadRecycleWarning, recycle_due_at=due)
    reason = recycled_because(lead.claimed_at, lead.recycle_at, terms)
    return tx.update(lead, LeadRecycled, **released(tx, lead, reason, ""))


async def _in_pool(tx: Tx, lead_id: UUID) -> tuple[Lead, PoolMember | None]:
    """A lead that has a pool, and the caller's place there."""
    lead = await tx.find(Lead, id=lead_id)
    if lead is None:
        raise _unknown()
    seat = None
    if lead.pool_id is not None:
        seat = await find_seat(tx, lead.pool_id, tx.actor.member_id)
    _demand_met(tx, lead, seat)
    return lead, seat


def _demand_met(tx: Tx, lead: Lead, seat: PoolMember | None) -> None:
    """NotFound where the caller has no place in the lead's pool and does not see the lead either;
    Conflict `pool.none` where it is of no pool."""
    if seat is None and not _sees(tx, lead):
        raise _unknown()
    if lead.pool_id is None:
        raise Conflict("the lead is of no pool", code="pool.none")


def _unknown() -> NotFound:
    return NotFound("no such lead", code="lead.not_found")


async def kept(tx: Tx, ruling: Ruling, member_id: UUID) -> dict[str, Any]:
    """What becomes of a lead that somebody gets: theirs, with clocks that begin."""
    who = await owner(tx, member_id)
    return _NOBODYS | {"owner_id": who.owner_id, "team": who.team, **clocks(tx, ruling)}


def released(
    tx: Tx, lead: Lead, reason: str, note: str, pool_id: UUID | None = None
) -> dict[str, Any]:
    """Nobody's any more; who had it last is known, and stays so where it only moves."""
    pool = pool_id or lead.pool_id
    values = _NOBODYS | {"owner_id": pool, "pool_id": pool}
    values |= {"released_reason": reason, "released_note": note}
    if lead.owner_id != lead.pool_id:
        values |= {"released_by": lead.owner_id, "released_at": tx.occurred_at}
    return values


def _pool_of(lead: Lead) -> UUID:
    """The pool of a lead that has been claimed, which it keeps."""
    if lead.pool_id is None:
        raise LookupError(f"lead {lead.id} was claimed from no pool")
    return lead.pool_id


def _sees(tx: Tx, lead: Lead) -> bool:
    return covers(tx.policy.scope(tx.actor, "lead", "read"), tx.actor, lead)


def _manages(tx: Tx, seat: PoolMember | None) -> bool:
    return keeps_pools(tx) or (seat is not None and seat.role is PoolRole.ADMIN)


def demand_open(lead: Lead) -> None:
    """Conflict `pool.lead_closed` for a lead that was converted or given up."""
    if lead.status not in OPEN:
        raise Conflict("nobody has to do anything about it any more", code="pool.lead_closed")


def _demand_lying(lead: Lead) -> None:
    if lead.owner_id != lead.pool_id:
        raise Conflict("somebody has it", code="pool.claimed")
    demand_open(lead)


def _demand_held(lead: Lead) -> None:
    if lead.pool_id is None or lead.claimed_at is None or lead.owner_id == lead.pool_id:
        raise Conflict("nobody has claimed it from a pool", code="pool.not_claimed")
    demand_open(lead)
