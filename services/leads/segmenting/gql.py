"""GraphQL of segments."""

from typing import Self
from uuid import UUID

import strawberry

from crmkit.web.graphql import (
    Connection,
    Info,
    Output,
    Problem,
    checked,
    filter_of,
    input_of,
    output,
)
from services.leads.segment import models
from services.leads.segment.domain import SegmentedResource
from services.leads.segment.queries import SEGMENTS
from services.leads.segmenting import commands
from services.leads.segmenting.queries import find_size, list_holding
from services.leads.segmenting.schemas import (
    SegmentCreate,
    SegmentRead,
    SegmentSizeRead,
    SegmentUpdate,
)


@output(SegmentRead, models.Segment)
class Segment(Output):
    """细分市场 accounts or leads that a rule finds: `accounts(filter: {segmentId: …})`."""


@output(SegmentSizeRead)
class SegmentSize(Output):
    """How many are in a segment; `more` where there are more than are counted."""


@strawberry.type
class RecordSegments:
    """The segments a record is in; `stale` are those whose rule cannot be asked."""

    items: list[Segment]
    stale: list[UUID]

    @classmethod
    async def find(cls, info: Info, resource: SegmentedResource, record_id: UUID) -> Self:
        found, stale = await list_holding(info.context.reading, resource, record_id)
        return cls(items=[*map(Segment.of, found)], stale=[each.id for each in stale])


@input_of(SegmentCreate)
class SegmentCreateInput: ...


@input_of(SegmentUpdate)
class SegmentUpdateInput: ...


@filter_of(SEGMENTS)
class SegmentFilter: ...


@strawberry.type
class Query:
    @strawberry.field
    async def segment(self, info: Info, id: UUID) -> Segment | None:
        return await info.context.one(Segment, models.Segment, id)

    @strawberry.field
    async def segments(
        self,
        info: Info,
        first: int = 50,
        after: str | None = None,
        filter: SegmentFilter | None = None,
        sort: str | None = None,
    ) -> Connection[Segment]:
        return await info.context.page(Segment, SEGMENTS, first, after, filter, sort)

    @strawberry.field
    async def segment_size(self, info: Info, id: UUID) -> SegmentSize:
        count, more = await find_size(info.context.reading, id)
        return SegmentSize.of({"segment_id": id, "count": count, "more": more})

    @strawberry.field
    async def account_segments(self, info: Info, id: UUID) -> RecordSegments:
        return await RecordSegments.find(info, SegmentedResource.ACCOUNT, id)

    @strawberry.field
    async def lead_segments(self, info: Info, id: UUID) -> RecordSegments:
        return await RecordSegments.find(info, SegmentedResource.LEAD, id)


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def create_segment(
        self, info: Info, input: SegmentCreateInput, idempotency_key: str | None = None
    ) -> Segment | Problem:
        return await info.context.change(
            Segment,
            commands.create_segment,
            checked(SegmentCreate, input),
            idempotency_key=idempotency_key,
        )

    @strawberry.mutation
    async def update_segment(
        self, info: Info, id: UUID, expected_version: int, input: SegmentUpdateInput
    ) -> Segment | Problem:
        return await info.context.change(
            Segment,
            commands.update_segment,
            id,
            checked(SegmentUpdate, input),
            expected_version=expected_version,
        )

    @strawberry.mutation
    async def delete_segment(self, info: Info, id: UUID) -> Segment | Problem:
        return await info.context.change(Segment, commands.delete_segment, id)
