"""Every list of pools, and what a pool's rules say today."""

from dataclasses import dataclass, fields
from datetime import date
from uuid import UUID

from crmkit.components.directory import tenant
from crmkit.db.listing import Listing
from crmkit.db.reading import Reading
from crmkit.db.rows import plan, row
from services.leads.pool.domain import USUAL, PoolTerms
from services.leads.pool.models import Pool, PoolMember, PoolRule

POOLS = Listing(
    Pool,
    filters=("active", "updated_at"),
    sorts=("name", "updated_at"),
    default="name",
    search=("name",),
)
POOL_RULES = Listing(
    PoolRule,
    filters=("pool_id", "effective_on", "updated_at"),
    sorts=("effective_on", "updated_at"),
    default="-effective_on",
)
POOL_MEMBERS = Listing(
    PoolMember,
    filters=("pool_id", "member_id", "role", "active", "updated_at"),
    sorts=("updated_at",),
    default="-updated_at",
)


def in_force(day: str) -> str:
    """Of a pool's rules those in force on a day: the last whose day has come, the first where none
    has."""
    return f"order by effective_on <= {day}::date desc, abs(effective_on - {day}::date) limit 1"


_IN_FORCE = f"{plan(PoolRule).select} where tenant_id = $1 and pool_id = $2 {in_force('$3')}"
HELD = """
select count(*) from lead
where tenant_id = $1 and owner_id = $2 and pool_id = $3
  and deleted_at is null and status in ('new', 'working', 'qualified')
"""
"""In the words of `lead.models.IS_OPEN`, of a room that comes later."""


@dataclass(frozen=True, slots=True)
class Ruling:
    """What holds in a pool on a day."""

    today: date
    terms: PoolTerms


async def today_of(reading: Reading) -> date:
    """The day it is where the tenant lives."""
    return reading.at.astimezone((await tenant(reading)).zone).date()


async def get_ruling(reading: Reading, pool_id: UUID) -> Ruling:
    """The rules in force today."""
    today = await today_of(reading)
    found = await reading.fetch(_IN_FORCE, reading.tenant_id, pool_id, today, of=(PoolRule,))
    return Ruling(today, terms_of(row(PoolRule, found[0])) if found else USUAL)


def terms_of(rule: PoolRule) -> PoolTerms:
    """The rules of a row, for decisions."""
    return PoolTerms(**{each.name: getattr(rule, each.name) for each in fields(PoolTerms)})


async def find_seat(reading: Reading, pool_id: UUID, member_id: UUID) -> PoolMember | None:
    """Somebody's place in a pool, None where they have none, or none any more."""
    seat = await reading.find(PoolMember, pool_id=pool_id, member_id=member_id)
    return seat if seat is not None and seat.active else None


async def count_held(reading: Reading, pool_id: UUID, member_id: UUID) -> int:
    """How many open leads of a pool somebody has: converted and disqualified ones do not count."""
    found = await reading.fetch(HELD, reading.tenant_id, member_id, pool_id)
    held: int = found[0]["count"]
    return held
