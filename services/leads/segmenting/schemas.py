"""What comes in and goes out."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from crmkit.components.views.schemas import Filter
from crmkit.fields import Instant, Name, Note, Patch, Strict
from crmkit.web.answers import Read
from services.leads.segment.domain import SegmentedResource

Rule = Annotated[Filter, Field(min_length=1)]


class SegmentCreate(Strict):
    """A segment of accounts or leads.

    `filter` says by name of parameter what the list's query would, as a saved view does: `{"tier":
    "key", "employees_gte": "500", "custom.line": "packing"}`; a day or an instant of `last_30_days`
    and its like is one of those whenever somebody looks. Neither `owner_id: me` nor `q`.
    """

    resource: SegmentedResource
    name: Name
    note: Note = ""
    filter: Rule


class SegmentUpdate(Patch):
    """What is left out stays; a segment is of what it is of. Its rule changes as a whole."""

    name: Name = ""
    note: Note = ""
    filter: Rule = Field(default_factory=dict)


class SegmentRead(Read):
    id: UUID
    version: int
    resource: SegmentedResource
    name: str
    note: str
    filter: dict[str, str]
    created_at: Instant
    updated_at: Instant


class SegmentSizeRead(Read):
    """How many are in it, as far as the caller sees them; `more` where there are more than the
    10,000 that are counted."""

    segment_id: UUID
    count: int
    more: bool


class SegmentsRead(Read):
    """The segments a record is in. `stale` are those of which nobody can say, for their rule names
    what is not there any more, or not for the caller."""

    items: list[SegmentRead]
    stale: list[UUID]
