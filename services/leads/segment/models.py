"""Tables of the room."""

from datetime import datetime

from sqlalchemy import Index
from sqlalchemy import text as sql

from crmkit.db.tables import document, enum, instant, text
from services.leads.segment.domain import SegmentedResource
from services.leads.tables import Row


class Segment(Row, table=True):
    """细分市场 accounts or leads that have something in common; `filter` is the rule, by name of
    parameter what a query of the list would say.

    No event tells its `position`, one of a hundred places that is held until it is deleted.
    """

    unpublished = frozenset({"position"})

    __tablename__ = "segment"
    __table_args__ = (
        Index("segment_name_idx", "tenant_id", "name", "id"),
        Index("segment_updated_at_idx", "tenant_id", "updated_at", "id"),
        Index(
            "segment_name_key",
            *("tenant_id", "name"),
            unique=True,
            postgresql_where=sql("deleted_at is null"),
        ),
        Index("segment_position_key", "tenant_id", "position", unique=True),
    )

    resource: SegmentedResource = enum(SegmentedResource)
    name: str = text()
    note: str = text(default="")
    filter: dict[str, str] = document()
    position: int | None = None
    deleted_at: datetime | None = instant(default=None)
