"""What leads tells of segments."""

from datetime import datetime
from typing import ClassVar

from crmkit.events.envelope import Event, State


class SegmentState(State):
    """细分市场 accounts or leads that have something in common; `filter` says by name of parameter
    what a query of their list would, and `resource` whose list that is. One that names somebody
    who was erased goes with them."""

    personal: ClassVar[frozenset[str]] = frozenset({"name", "note", "filter"})

    resource: str
    name: str
    note: str
    filter: dict[str, str]
    deleted_at: datetime | None = None


class SegmentCreated(Event[SegmentState], type="segment.created.v1"):
    """A segment was defined."""


class SegmentUpdated(Event[SegmentState], type="segment.updated.v1"):
    """A segment has another rule, name or note."""


class SegmentDeleted(Event[SegmentState], type="segment.deleted.v1"):
    """A segment was taken away; those who were in it stay as they are."""
