"""Every change of a segment."""

from collections.abc import Mapping
from uuid import UUID

from crmkit.components.views.saved import Said, Viewed, faults_of
from crmkit.db.writing import Tx
from crmkit.events.leads_segments import SegmentCreated, SegmentDeleted, SegmentUpdated
from crmkit.fields import given
from crmkit.kernel.errors import Conflict, Invalid
from crmkit.kernel.numbered import free_place
from services.leads.segment.domain import MOST_SEGMENTS, demand_lasting
from services.leads.segment.models import Segment
from services.leads.segment.queries import list_held
from services.leads.segmenting.queries import LISTS, find_use
from services.leads.segmenting.schemas import SegmentCreate, SegmentUpdate


async def create_segment(tx: Tx, new: SegmentCreate) -> Segment:
    """Define a segment; Conflict `segment.too_many` where there are a hundred."""
    await _demand_askable(tx, LISTS[new.resource], new.filter)
    place = free_place(await list_held(tx), MOST_SEGMENTS, "segment.too_many")
    return tx.create(Segment, SegmentCreated, **given(new), position=place)


async def update_segment(tx: Tx, segment_id: UUID, patch: SegmentUpdate) -> Segment:
    """Change a segment; who is in it is asked by the new rule from now on."""
    segment = await tx.take(Segment, segment_id)
    if "filter" in patch.model_fields_set:
        await _demand_askable(tx, LISTS[segment.resource], patch.filter)
    return tx.update(segment, SegmentUpdated, **given(patch))


async def delete_segment(tx: Tx, segment_id: UUID) -> Segment:
    """Take a segment away; Conflict `segment.in_use` where leads are given by it."""
    segment = await tx.take(Segment, segment_id)
    rule = await find_use(tx, segment.id)
    if rule is not None:
        raise Conflict(f"the assignment rule {rule} names it", code="segment.in_use")
    return tx.update(segment, SegmentDeleted, deleted_at=tx.now, position=None)


async def _demand_askable(tx: Tx, viewed: Viewed, rule: Mapping[str, str]) -> None:
    """Invalid `segment.invalid` with a fault for each filter that the list does not have."""
    viewed.demand(tx)
    demand_lasting(rule)
    faults = await faults_of(viewed.listing, tx, Said(rule, "", ()))
    if faults:
        raise Invalid("the list has no such filter", code="segment.invalid", faults=faults)
