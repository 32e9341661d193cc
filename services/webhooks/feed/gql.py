"""GraphQL of the feed."""

import json
from datetime import datetime
from uuid import UUID

import strawberry
from strawberry.scalars import JSON

from crmkit.kernel.errors import Invalid
from crmkit.web.graphql import Info
from services.webhooks.feed import queries

_LARGEST_PAGE = 100


@strawberry.type(description="Something that happened in another service, and its place.")
class FeedEvent:
    cursor: str
    id: UUID
    source: str
    type: str
    subject: UUID
    time: datetime
    aggregate_version: int
    recorded_at: datetime
    actor: str
    data: JSON


@strawberry.type(description="Oldest first; `nextCursor` is where to go on, now or later.")
class FeedPage:
    items: list[FeedEvent]
    next_cursor: str


@strawberry.type
class Query:
    @strawberry.field
    async def events(
        self,
        info: Info,
        first: int = 50,
        after: str = "0",
        types: list[str] | None = None,
        aggregate_id: UUID | None = None,
    ) -> FeedPage:
        if not 1 <= first <= _LARGEST_PAGE:
            raise Invalid.field("first", "parameter.invalid", f"from 1 to {_LARGEST_PAGE}")
        found = await queries.list_events(
            info.context.reading, _place(after), ",".join(types or ["*"]), aggregate_id, first
        )
        last = str(found[-1].cursor) if found else after
        return FeedPage(items=[_shown(item) for item in found], next_cursor=last)


def _place(after: str) -> int:
    if not (after.isascii() and after.isdecimal() and int(after[:20]) < 2**63):
        raise Invalid.field("after", "cursor.invalid", "not a cursor of the feed")
    return int(after)


def _shown(item: queries.FeedItem) -> FeedEvent:
    event = json.loads(item.body)
    return FeedEvent(
        cursor=str(item.cursor),
        id=UUID(event["id"]),
        source=event["source"],
        type=event["type"],
        subject=UUID(event["subject"]),
        time=datetime.fromisoformat(event["time"]),
        aggregate_version=event["aggregateversion"],
        recorded_at=datetime.fromisoformat(event["recordedat"]),
        actor=event["actor"],
        data=event["data"],
    )
