"""What lies in pools, and what members hold."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from crmkit.db.listing import Found, Listing, Wanted
from crmkit.db.reading import Reading
from crmkit.kernel.access import Scope
from crmkit.kernel.actor import system
from services.leads.claim.schemas import PoolLeadRead
from services.leads.lead.domain import OPEN
from services.leads.lead.models import Lead
from services.leads.pool.domain import demand_seat
from services.leads.pool.models import Pool
from services.leads.pool.queries import find_seat, get_ruling

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


def keeps_pools(reading: Reading) -> bool:
    """Whether somebody may do in every pool what its administrators do."""
    return reading.policy.scope(reading.actor, "pool", "write") is Scope.ALL


def _without(records: Sequence[Any], hidden: Mapping[str, None]) -> list[Any]:
    return [{**record, **hidden} for record in records]
