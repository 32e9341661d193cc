"""The lists that have segments, how many are in one, and in which ones a record is."""

from collections.abc import Mapping
from functools import lru_cache
from uuid import UUID

from crmkit.components.views.saved import Viewed
from crmkit.db.listing import Listing
from crmkit.db.paging import Form, some_sql
from crmkit.db.reading import Reading
from crmkit.kernel.errors import Conflict
from services.leads.account.queries import ACCOUNT_VIEWS
from services.leads.lead.queries import LEAD_VIEWS
from services.leads.segment.domain import MOST_COUNTED, SegmentedResource
from services.leads.segment.models import Segment
from services.leads.segment.queries import is_in, list_of, narrowed

LISTS: Mapping[SegmentedResource, Viewed] = {
    SegmentedResource.ACCOUNT: ACCOUNT_VIEWS,
    SegmentedResource.LEAD: LEAD_VIEWS,
}
_USED = "select name from assignment_rule where tenant_id = $1 and segment_id = $2 limit 1"


async def find_size(reading: Reading, segment_id: UUID) -> tuple[int, bool]:
    """How many the caller finds in a segment, `MOST_COUNTED` at most, and whether there are more;
    Conflict `segment.stale`."""
    segment = await reading.get(Segment, segment_id)
    listing = LISTS[segment.resource].listing
    wanted = await narrowed(listing, reading, listing.parse(()), segment)
    asked = await listing.question(reading, wanted)
    sql = _counted(listing, asked.form)
    ((count,),) = await reading.fetch(sql, *asked.filtering, MOST_COUNTED + 1, of=listing.sources)
    return min(count, MOST_COUNTED), count > MOST_COUNTED


async def list_holding(
    reading: Reading, resource: SegmentedResource, record_id: UUID
) -> tuple[list[Segment], list[Segment]]:
    """The segments in which the caller finds a record, and those whose rule cannot be asked."""
    listing = LISTS[resource].listing
    await reading.get(listing.cls, record_id)
    reading.policy.demand(reading.actor, "segment", "read")
    holding, stale = [], []
    for each in await list_of(reading, resource):
        try:
            if await is_in(reading, listing, each, record_id):
                holding.append(each)
        except Conflict:
            stale.append(each)
    return holding, stale


async def find_use(reading: Reading, segment_id: UUID) -> str | None:
    """What the first rule of who gets leads is called that names the segment."""
    found = await reading.fetch(_USED, reading.tenant_id, segment_id)
    return found[0]["name"] if found else None


@lru_cache(maxsize=512)
def _counted(listing: Listing, form: Form) -> str:
    sql, _ = some_sql(listing, form.conditions, form.scope, ("id",))
    return f"select count(*) from ({sql}) few"
