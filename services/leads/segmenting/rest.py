"""REST of segments."""

from uuid import UUID

from fastapi import APIRouter, Response

from crmkit.components.enums import enums
from crmkit.components.history import history
from crmkit.db.parameters import VIEWED
from crmkit.web.answers import Page
from crmkit.web.edge import Edge, EdgeContext, Matched
from services.leads.segment.domain import SegmentedResource
from services.leads.segment.models import Segment
from services.leads.segment.queries import SEGMENTS
from services.leads.segmenting import commands
from services.leads.segmenting.queries import find_size, list_holding
from services.leads.segmenting.schemas import (
    SegmentCreate,
    SegmentRead,
    SegmentSizeRead,
    SegmentsRead,
    SegmentUpdate,
)

segments = APIRouter(prefix="/v1/segments", tags=["segments"])
accounts = APIRouter(prefix="/v1/accounts", tags=["segments"])
leads = APIRouter(prefix="/v1/leads", tags=["segments"])
enums(segments, {"resource": SegmentedResource})


@segments.post("", status_code=201, response_model=SegmentRead)
async def create_segment(new: SegmentCreate, edge: Edge) -> Response:
    """Each filter that the list does not have is told. 409 `segment.too_many` of a hundred."""
    return edge.created(SegmentRead, await edge.write(commands.create_segment, new))


@segments.get("", response_model=Page[SegmentRead], openapi_extra=SEGMENTS.openapi())
async def list_segments(edge: Edge) -> Response:
    found = await SEGMENTS.find(edge.reading, edge.listing(SEGMENTS))
    return edge.page(SegmentRead, Segment, found)


@segments.get("/{segment_id}", response_model=SegmentRead)
async def get_segment(segment_id: UUID, edge: Edge) -> Response:
    return edge.shown(SegmentRead, await edge.get(Segment, segment_id))


@segments.patch("/{segment_id}", response_model=SegmentRead)
async def update_segment(segment_id: UUID, patch: SegmentUpdate, edge: Matched) -> Response:
    changed = await edge.write(commands.update_segment, segment_id, patch)
    return edge.changed(SegmentRead, changed)


@segments.delete("/{segment_id}", status_code=204)
async def delete_segment(segment_id: UUID, edge: Edge) -> Response:
    """409 `segment.in_use` where an assignment rule names it."""
    await edge.write(commands.delete_segment, segment_id)
    return edge.gone()


@segments.get("/{segment_id}/size", response_model=SegmentSizeRead, openapi_extra=VIEWED)
async def get_segment_size(segment_id: UUID, edge: Edge) -> Response:
    """How many are in it; who they are tells `/v1/accounts?segment_id=…`, or that of leads."""
    count, more = await find_size(edge.reading, segment_id)
    return edge.plain({"segment_id": segment_id, "count": count, "more": more})


@accounts.get("/{account_id}/segments", response_model=SegmentsRead)
async def list_account_segments(account_id: UUID, edge: Edge) -> Response:
    """The segments that the account is in."""
    return await _holding(edge, SegmentedResource.ACCOUNT, account_id)


@leads.get("/{lead_id}/segments", response_model=SegmentsRead)
async def list_lead_segments(lead_id: UUID, edge: Edge) -> Response:
    """The segments that the lead is in."""
    return await _holding(edge, SegmentedResource.LEAD, lead_id)


async def _holding(edge: EdgeContext, resource: SegmentedResource, record_id: UUID) -> Response:
    found, stale = await list_holding(edge.reading, resource, record_id)
    items = [SegmentRead.of(each) for each in found]
    return edge.plain({"items": items, "stale": [each.id for each in stale]})


history(segments, Segment)
router = APIRouter(routes=[*segments.routes, *accounts.routes, *leads.routes])
