"""REST of the feed."""

from collections.abc import AsyncIterator
from functools import partial
from typing import Annotated, Any, NoReturn

from fastapi import APIRouter, Query, Response
from starlette.responses import StreamingResponse

from crmkit.kernel.errors import Invalid
from crmkit.web.answers import json_response
from crmkit.web.asof import present_only
from crmkit.web.edge import Edge, EdgeContext
from crmkit.web.problems import Refusal
from services.webhooks.feed import queries
from services.webhooks.feed.queries import Asked, CursorExpired, FeedItem
from services.webhooks.feed.schemas import FeedFilter, FeedPage, FeedQuery, FeedStream
from services.webhooks.streams import EventStream, beating, is_still

router = APIRouter(prefix="/v1/events", tags=["events"])
_GONE: dict[int | str, dict[str, Any]] = {
    410: {
        "description": "Gone: after that cursor events are kept no longer",
        "$ref": "#/components/responses/Gone",
    }
}
_LAST_CURSOR = 2**63 - 1


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
    after = _last_seen(edge.request.headers.get("last-event-id"), query.after)
    try:
        await queries.demand_kept(edge.reading, after or 0)
    except CursorExpired as error:
        _refuse(error)
    token = edge.request.headers["authorization"].partition(" ")[2]
    is_alive = partial(is_still, edge.request.scope["authenticator"], token, edge.actor)
    return EventStream(edge.actor, beating(_chunks(edge, asked, after), is_alive))


async def _chunks(edge: EdgeContext, asked: Asked, after: int | None) -> AsyncIterator[bytes]:
    async for seen in queries.follow(edge.reading, asked, after):
        yield "".join(map(_sent, seen.items)).encode()


def _sent(item: FeedItem) -> str:
    return f"id: {item.cursor}\nevent: {item.type}\ndata: {_shown(item)}\n\n"


def _shown(item: FeedItem) -> str:
    return f'{item.body[:-1]},"cursor":"{item.cursor}"}}'


def _filter(query: FeedQuery | FeedStream) -> FeedFilter:
    return FeedFilter.model_construct(**{n: getattr(query, n) for n in FeedFilter.model_fields})


def _last_seen(header: str | None, after: int | None) -> int | None:
    if not header:
        return after
    if not (header.isascii() and header.isdecimal() and int(header[:20]) <= _LAST_CURSOR):
        raise Invalid.field("Last-Event-ID", "cursor.invalid", "not a cursor of the feed")
    return int(header)


def _refuse(error: CursorExpired) -> NoReturn:
    raise Refusal(410, error.detail, code=error.code, extra=error.extra) from error
