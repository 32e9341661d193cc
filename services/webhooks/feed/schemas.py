"""What comes in and goes out."""

from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints, model_validator

from crmkit.fields import Code, Instant, Strict

_LAST_CURSOR = 2**63 - 1
Cursor = Annotated[int, Field(ge=0, le=_LAST_CURSOR)]


class FeedFilter(Strict):
    """`field` with `value` (several, separated by commas): the state after the event has one of
    them; `changed`: the event changed that field. All that is given must hold."""

    event_id: UUID | None = None
    aggregate_id: UUID | None = None
    occurred_at_gte: Instant | None = None
    occurred_at_lt: Instant | None = None
    recorded_at_gte: Instant | None = None
    recorded_at_lt: Instant | None = None
    field: Code | None = None
    value: Annotated[str, StringConstraints(min_length=1, max_length=2000)] | None = None
    changed: Code | None = None

    @model_validator(mode="after")
    def _give_both(self) -> Self:
        if (self.field is None) != (self.value is None):
            raise ValueError("field and value go together")
        return self

    def conditions(self) -> list[dict[str, Any]]:
        """As an endpoint's filters are kept."""
        found: list[dict[str, Any]] = []
        if self.field is not None and self.value is not None:
            found.append({"field": self.field, "in": self.value.split(",")})
        if self.changed is not None:
            found.append({"changed": self.changed})
        return found


class FeedStream(FeedFilter):
    """`types`: types and patterns such as `lead.*`, separated by commas. Without `after` a stream
    begins now; `Last-Event-ID` goes before `after`."""

    types: Annotated[str, StringConstraints(min_length=1, max_length=4000)] = "*"
    after: Cursor | None = None


class FeedQuery(FeedFilter):
    """`types`: types and patterns such as `lead.*`, separated by commas."""

    after: Cursor = 0
    types: Annotated[str, StringConstraints(min_length=1, max_length=4000)] = "*"
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
    """Oldest first; `next_cursor` is where to go on, now or later. `more`: there is more to look at
    now. A page may be empty and yet have more after it, where a filter finds little."""

    items: list[FeedEventRead]
    next_cursor: str
    more: bool
