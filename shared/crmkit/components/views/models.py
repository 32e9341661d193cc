"""Tables of saved views."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import ExcludeConstraint

from crmkit.db.listing import Listing
from crmkit.db.tables import Record, document, enum, instant, text
from crmkit.kernel.access import EVERYONE
from crmkit.kernel.labels import Labelled


class Sharing(Labelled):
    """Who sees a view besides its owner."""

    PRIVATE = "private", "仅自己", "Nobody else"
    TEAM = "team", "本团队", "My team"
    ALL = EVERYONE, "所有人", "Everyone"


class View(Record):
    """The columns of a service's table of views; `resource` is the table whose list it is of.

    `team` is the one it is shared with, nothing where it is not, so that no path of teams leads to
    a private one.
    """

    resource: str = text()
    name: str = text()
    filter: dict[str, str] = document(default={})
    sort: str = text(default="")
    fields: list[str] = document(default=[])
    shared: Sharing = enum(Sharing, default=Sharing.PRIVATE)
    is_pinned: bool = False
    is_default: bool = False
    owner_id: UUID
    team: str = text()
    deleted_at: datetime | None = instant(default=None)


def view_rules(table: str) -> tuple[Any, ...]:
    """An owner has a name once for each list, and one view at most that it begins with."""
    owned = ("tenant_id", "resource", "owner_id")
    there = sql("deleted_at is null")
    return (
        Index(f"{table}_name_key", *owned, "name", unique=True, postgresql_where=there),
        Index(f"{table}_name_idx", "tenant_id", "resource", "name", "id"),
        Index(f"{table}_updated_at_idx", "tenant_id", "resource", "updated_at", "id"),
        ExcludeConstraint(
            *((name, "=") for name in owned),
            name=f"{table}_default_key",
            using="btree",
            where=sql("is_default"),
            deferrable=True,  # so that a statement may pass it on from one row to another
            initially="IMMEDIATE",
        ),
    )


def view_listing(cls: type[View], *besides: str) -> Listing:
    """Every list of views."""
    return Listing(
        cls,
        filters=("shared", "is_pinned", "is_default", "owner_id", "updated_at", *besides),
        sorts=("name", "updated_at"),
        default="name",
        search=("name",),
    )
