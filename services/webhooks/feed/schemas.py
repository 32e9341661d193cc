"""What comes in and goes out."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints

from crmkit.fields import Instant, Strict

_LAST_CURSOR = 2**63 - 1


class FeedQuery(Strict):
    """`types`: types and patterns such as `lead.*`, separated by commas."""

    after: Annotated[int, Field(ge=0, le=_LAST_CURSOR)] = 0
    types: Annotated[str, StringConstraints(min_length=1, max_length=4000)] = "*"
    aggregate_id: UUID | None = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50


class FeedEventRead(BaseModel):
    """A CloudEvent with its place in the feed."""

    specversion: str
    id: UUID
    source: str
    type: str
    subject: UUID
    time: Instant
    datacontenttype: str
    tenantid: UUID
    aggregateversion: int
    recordedat: Instant
    actor: str
    causationid: UUID | None = None
    traceparent: str | None = None
    data: dict[str, Any]
    cursor: str


class FeedPage(BaseModel):
    """Oldest first; `next_cursor` is where to go on, now or later."""

    items: list[FeedEventRead]
    next_cursor: str
