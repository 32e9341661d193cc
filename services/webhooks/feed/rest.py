"""REST of the feed."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from crmkit.web.answers import json_response
from crmkit.web.edge import Edge
from services.webhooks.feed import queries
from services.webhooks.feed.schemas import FeedPage, FeedQuery

router = APIRouter(prefix="/v1/events", tags=["events"])


@router.get("", response_model=FeedPage)
async def list_events(query: Annotated[FeedQuery, Query()], edge: Edge) -> Response:
    found = await queries.list_events(
        edge.reading, query.after, query.types, query.aggregate_id, query.limit
    )
    last = found[-1].cursor if found else query.after
    items = ",".join(f'{item.body[:-1]},"cursor":"{item.cursor}"}}' for item in found)
    return json_response(f'{{"items":[{items}],"next_cursor":"{last}"}}'.encode())
