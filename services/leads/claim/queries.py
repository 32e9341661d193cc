"""What lies in pools, and what members hold."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, TypeVar
from uuid import UUID

import asyncpg

from crmkit.components.directory import zone
from crmkit.db.listing import Found, Listing, Wanted
from crmkit.db.reading import Reading
from crmkit.db.rows import plan, row
from crmkit.db.tables import Record
from crmkit.db.writing import Tx
from crmkit.kernel.access import Scope
from crmkit.kernel.actor import system
from services.leads.claim.schemas import PoolLeadRead
from services.leads.lead.domain import OPEN
from services.leads.lead.models import IS_OPEN, Lead
from services.leads.pool.domain import USUAL, PoolTerms, demand_seat
from services.leads.pool.models import Pool, PoolMember, PoolRule
from services.leads.pool.queries import Ruling, find_seat, get_ruling, in_force, terms_of

R = TypeVar("R", bound=Record)
POOL_LEADS = Listing(
    Lead,
    filters=("source", "status", "intent", "region", "product", "received_at", "updated_at"),
    sorts=("received_at", "updated_at"),
    default="-received_at",
    search=("company",),
    columns=tuple(PoolLeadRead.model_fields),
)
_OF_POOL = replace(POOL_LEADS, filters=(*POOL_LEADS.filters, "owner_id"))
_CONTACT: Mapping[str, None] = dict.fromkeys(("contact_name", "phone", "email"))
_COLUMNS = ", ".join(
    f"{mark}.{name} as {mark}_{name}"
    for cls, mark in ((Lead, "l"), (PoolMember, "m"), (PoolRule, "r"))
    for name in plan(cls).columns
)
_CLAIM = f"""
select {_COLUMNS}, case when r.holding_cap is null then 0 else (
  select count(*) from (
    select from lead h
    where h.tenant_id = $1 and h.owner_id = $3 and h.pool_id = l.pool_id and {IS_OPEN}
    limit r.holding_cap) held) end as held
from lead l
left join pool_member m on m.tenant_id = $1 and m.pool_id = l.pool_id and m.member_id = $3
left join lateral (
  select * from pool_rule where tenant_id = $1 and pool_id = l.pool_id {in_force("$4")}) r on true
where l.tenant_id = $1 and l.id = $2 and l.deleted_at is null
"""
_NEXT = f"""
select id from lead
where tenant_id = $1 and owner_id = $2 and pool_id = $2 and {IS_OPEN} and erased_at is null
  and not (released_by is not distinct from $3 and coalesce(released_at > $4, false))
order by received_at desc, id desc limit 1
for update skip locked
"""


async def find_pool_leads(reading: Reading, pool_id: UUID, wanted: Wanted) -> Found:
    """A page of the open leads in a pool, for those who are in it and those who keep it.

    NotFound for who sees no such pool, Forbidden `pool.not_member` for who is not in it. No role
    sees these leads by what it may see of leads: that they are in the pool is what shows them.
    """
    pool = await reading.get(Pool, pool_id)
    seat = await find_seat(reading, pool.id, reading.actor.member_id)
    demand_seat(seat is not None or keeps_pools(reading))
    ruling = await get_ruling(reading, pool.id)
    everything = replace(reading, actor=system(reading.tenant_id))
    asked = dict(wanted.filters)
    asked["owner_id"] = (pool.id,)
    asked["status"] = tuple(s for s in OPEN if s in asked.get("status", OPEN))
    mine = replace(wanted, filters=tuple(sorted(asked.items())))
    found = await _OF_POOL.find(everything, mine)
    hidden = _CONTACT if ruling.terms.mask_contact_until_claimed else {}
    return replace(found, records=_without(found.records, hidden))


@dataclass(frozen=True, slots=True)
class Claim:
    """A lead of a pool as somebody meets it who would claim it."""

    lead: Lead
    seat: PoolMember | None
    ruling: Ruling
    held: int
    """How many open leads of the pool they have, no more than they may."""


async def find_claim(tx: Tx, lead_id: UUID) -> Claim | None:
    """All that a claim is decided on, by one statement; None where there is no such lead.

    From the third try on lead and member are locked before.
    """
    me, today = tx.actor.member_id, tx.now.astimezone(await zone(tx)).date()
    if tx.locked is not None:
        lead = await tx.find(Lead, id=lead_id)
        if lead is not None:
            await tx.find(PoolMember, pool_id=lead.pool_id, member_id=me)
    found = await tx.fetch(_CLAIM, tx.tenant_id, lead_id, me, today)
    if not found:
        return None
    record = found[0]
    terms = USUAL if record["r_id"] is None else terms_of(_part(PoolRule, record, "r"))
    seated = record["m_id"] is not None and record["m_active"]
    return Claim(
        _part(Lead, record, "l"),
        _part(PoolMember, record, "m") if seated else None,
        Ruling(today, terms),
        record["held"],
    )


async def find_next(tx: Tx, pool_id: UUID, terms: PoolTerms) -> UUID | None:
    """The lead that lies first in a pool for the caller, and that nobody else is taking."""
    cooled = tx.now - timedelta(hours=terms.previous_owner_cooldown_hours)
    found = await tx.fetch(_NEXT, tx.tenant_id, pool_id, tx.actor.member_id, cooled)
    return found[0]["id"] if found else None


def _part(cls: type[R], record: asyncpg.Record, mark: str) -> R:
    return row(cls, {name: record[f"{mark}_{name}"] for name in plan(cls).columns})


def keeps_pools(reading: Reading) -> bool:
    """Whether somebody may do in every pool what its administrators do."""
    return reading.policy.scope(reading.actor, "pool", "write") is Scope.ALL


def _without(records: Sequence[Any], hidden: Mapping[str, None]) -> list[Any]:
    return [{**record, **hidden} for record in records]
