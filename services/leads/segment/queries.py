"""The list of segments, and what their rules ask of the lists they are of.

A rule is asked by whoever looks: their scope, their masks. Of the past it is the one of then.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from uuid import UUID

from crmkit.components.views.saved import standing
from crmkit.db.listing import Listing, Wanted
from crmkit.db.paging import some_sql
from crmkit.db.parameters import SEGMENT
from crmkit.db.reading import Reading
from crmkit.db.rows import plan, row
from crmkit.kernel.actor import system
from crmkit.kernel.errors import NotFound
from services.leads.segment.models import Segment

SEGMENTS = Listing(
    Segment,
    filters=("resource", "updated_at"),
    sorts=("name", "updated_at"),
    default="name",
    search=("name",),
)
_OF = f"""
{plan(Segment).select} where tenant_id = $1 and resource = $2 and deleted_at is null
order by name, id
"""
_HELD = "select position from segment where tenant_id = $1 and position is not null"
_THIS = "id = {0}::uuid"


@dataclass(frozen=True, slots=True)
class SegmentRules:
    """The segments of this service, as its lists know them."""

    async def applied(self, listing: Listing, reading: Reading, wanted: Wanted) -> Wanted:
        """What is wanted with what its segment asks; NotFound, Conflict `segment.stale`."""
        named: UUID | None = dict(wanted.filters).get(SEGMENT)
        if named is None:
            return wanted
        segment = await reading.get(Segment, named)
        if segment.resource != plan(listing.cls).table:
            raise NotFound("no such segment", code="segment.not_found")
        return await narrowed(listing, reading, wanted, segment)


RULES = SegmentRules()


async def narrowed(listing: Listing, reading: Reading, wanted: Wanted, segment: Segment) -> Wanted:
    """What is wanted of those alone that the segment's rule finds."""
    rule = await standing(listing, reading, segment.filter, "segment")
    return replace(wanted, within=rule.filters)


async def is_in(reading: Reading, listing: Listing, segment: Segment, record_id: UUID) -> bool:
    """Whether the reader finds a record in a segment; Conflict `segment.stale`."""
    wanted = await narrowed(listing, reading, listing.parse(()), segment)
    asked = await listing.question(reading, wanted)
    conditions, scope = (*asked.form.conditions, _THIS), asked.form.scope
    sql, _ = some_sql(listing, conditions, scope, ("id",))
    return bool(await reading.fetch(sql, *asked.filtering, record_id, 1, of=listing.sources))


async def which_hold(
    reading: Reading, listing: Listing, segments: Collection[UUID], record_id: UUID
) -> frozenset[UUID]:
    """Which of these segments a record is in, whoever may see it; Conflict `segment.stale`.

    Whoever reads in a transaction asks in it: one who waits there for a second connection waits for
    others who do the same.
    """
    whole = replace(reading, actor=system(reading.tenant_id))
    known = await list_of(whole, plan(listing.cls).table) if segments else []
    asked = [each for each in known if each.id in segments]
    return frozenset([s.id for s in asked if await is_in(whole, listing, s, record_id)])


async def list_of(reading: Reading, resource: str) -> list[Segment]:
    """All segments of accounts, or of leads, by name."""
    found = await reading.fetch(_OF, reading.tenant_id, resource, of=(Segment,))
    return [row(Segment, each) for each in found]


async def list_held(reading: Reading) -> set[int]:
    """The places that segments have."""
    return {each["position"] for each in await reading.fetch(_HELD, reading.tenant_id)}
