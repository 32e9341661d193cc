"""GraphQL of the feed."""

import json
from collections.abc import AsyncGenerator
from datetime import datetime
from uuid import UUID

import strawberry
from strawberry.scalars import JSON

from crmkit.kernel.errors import Invalid
from crmkit.web.graphql import Info, checked, input_of
from services.webhooks.feed import queries
from services.webhooks.feed.schemas import FeedFilter

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
    more: bool


@input_of(FeedFilter)
class FeedFilterInput: ...


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
        filter: FeedFilterInput | None = None,
    ) -> FeedPage:
        if not 1 <= first <= _LARGEST_PAGE:
            raise Invalid.field("first", "parameter.invalid", f"from 1 to {_LARGEST_PAGE}")
        asked = _asked(info, types, aggregate_id, filter)
        seen = await queries.list_events(info.context.reading, asked, _place(after), first)
        items = [shown(item) for item in seen.items]
        return FeedPage(items=items, next_cursor=str(seen.cursor), more=seen.more)


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def events(
        self,
        info: Info,
        after: str | None = None,
        types: list[str] | None = None,
        aggregate_id: UUID | None = None,
        filter: FeedFilterInput | None = None,
    ) -> AsyncGenerator[FeedEvent, None]:
        """What happens from now on, or after a cursor; an event's `cursor` is where to go on."""
        asked = _asked(info, types, aggregate_id, filter)
        place = None if after is None else _place(after)
        async for seen in queries.follow(info.context.reading, asked, place):
            for item in seen.items:
                yield shown(item)


def _asked(
    info: Info, types: list[str] | None, aggregate_id: UUID | None, given: FeedFilterInput | None
) -> queries.Asked:
    wanted = checked(FeedFilter, given) if given else FeedFilter()
    if aggregate_id is not None:
        wanted = wanted.model_copy(update={"aggregate_id": aggregate_id})
    return queries.demand(info.context.reading, ",".join(types or ["*"]), wanted)


def _place(after: str) -> int:
    if not (after.isascii() and after.isdecimal() and int(after[:20]) < 2**63):
        raise Invalid.field("after", "cursor.invalid", "not a cursor of the feed")
    return int(after)


def shown(item: queries.FeedItem) -> FeedEvent:
    """An event of the feed as GraphQL shows it."""
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
