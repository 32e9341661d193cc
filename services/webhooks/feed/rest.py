"""REST of the feed."""

from collections.abc import AsyncIterator
from typing import Annotated, Any, NoReturn

from fastapi import APIRouter, Query, Response
from starlette.responses import StreamingResponse

from crmkit.web.answers import json_response
from crmkit.web.asof import present_only
from crmkit.web.edge import Edge, EdgeContext
from crmkit.web.problems import Refusal
from crmkit.web.streams import EventStream, beating, last_seen
from services.webhooks.feed import queries
from services.webhooks.feed.queries import Asked, CursorExpired, FeedItem
from services.webhooks.feed.schemas import FeedFilter, FeedPage, FeedQuery, FeedStream

router = APIRouter(prefix="/v1/events", tags=["events"])
_GONE: dict[int | str, dict[str, Any]] = {
    410: {
        "description": "Gone: after that cursor events are kept no longer",
        "$ref": "#/components/responses/Gone",
    }
}


@router.get("", response_model=FeedPage, responses=_GONE)
async def list_events(query: Annotated[FeedQuery, Query()], edge: Edge) -> Response:
    asked = queries.demand(edge.reading, query.types, _filter(query))
    try:
        seen = await queries.list_events(edge.reading, asked, query.after, query.limit)
    except CursorExpired as error:
        _refuse(error)
    items = ",".join(map(_shown, seen.items))
    more = "true" if seen.more else "false"
    body = f'{{"items":[{items}],"next_cursor":"{seen.cursor}","more":{more}}}'
    return json_response(body.encode())


@router.get(
    "/stream",
    responses=_GONE | {200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}},
    response_class=StreamingResponse,
)
@present_only
async def stream_events(query: Annotated[FeedStream, Query()], edge: Edge) -> Response:
    """The same as server-sent events: `id` is the cursor, `event` the type, `data` the event."""
    asked = queries.demand(edge.reading, query.types, _filter(query))
    seen = last_seen(edge.request)
    after = query.after if seen is None else seen
    try:
        await queries.demand_kept(edge.reading, after or 0)
    except CursorExpired as error:
        _refuse(error)
    return EventStream(edge.actor, beating(_chunks(edge, asked, after), edge.request.scope))


async def _chunks(edge: EdgeContext, asked: Asked, after: int | None) -> AsyncIterator[bytes]:
    async for seen in queries.follow(edge.reading, asked, after):
        yield "".join(map(_sent, seen.items)).encode()


def _sent(item: FeedItem) -> str:
    return f"id: {item.cursor}\nevent: {item.type}\ndata: {_shown(item)}\n\n"


def _shown(item: FeedItem) -> str:
    return f'{item.body[:-1]},"cursor":"{item.cursor}"}}'


def _filter(query: FeedQuery | FeedStream) -> FeedFilter:
    return FeedFilter.model_construct(**{n: getattr(query, n) for n in FeedFilter.model_fields})


def _refuse(error: CursorExpired) -> NoReturn:
    raise Refusal(410, error.detail, code=error.code, extra=error.extra) from error
