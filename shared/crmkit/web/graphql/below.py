"""Fields that list what belongs to an object, and how a later room adds them to earlier types."""

from typing import Any, TypeVar

import strawberry
from strawberry.tools import create_type
from strawberry.types import get_object_definition
from strawberry.types.field import StrawberryField

from crmkit.db.children import Below
from crmkit.db.listing import Listing
from crmkit.web.graphql.connections import Connection
from crmkit.web.graphql.context import Context
from crmkit.web.graphql.shapes import Output

S = TypeVar("S", bound=Output)
_USUAL_CHILDREN = 20


def below(shape: type[S], filter_type: type, listing: Listing, column: str) -> Any:
    """A connection of the rows whose `column` holds the id of the object the field is of.

    Null, with an error, where the caller may not read such rows at all: the object itself stays.
    """
    children = Below(listing, column)

    async def resolve(
        self: Any,
        info: strawberry.Info[Context, None],
        first: int = _USUAL_CHILDREN,
        after: str | None = None,
        filter: Any = None,
        sort: str | None = None,
    ) -> Any:
        return await info.context.children(shape, (children, self.id), first, after, filter, sort)

    kinds = {"filter": filter_type | None, "return": Connection[shape] | None}  # type: ignore[valid-type]  # a type made at run time
    resolve.__annotations__ |= kinds
    return strawberry.field(resolver=resolve)


def extend(cls: type, **fields: StrawberryField) -> None:
    """Give a type fields of a later room, as `extend type` does; before the schema is made.

    They stand by name after its own, so that it does not matter which room came first.
    """
    for name, field in fields.items():
        field.python_name = name
    added = get_object_definition(create_type("Added", list(fields.values())), strict=True)
    known = get_object_definition(cls, strict=True)
    later = vars(cls).get("__later__", frozenset()) | fields.keys()
    cls.__later__ = later  # type: ignore[attr-defined]  # kept on the type that was extended
    known.fields.extend(added.fields)
    known.fields.sort(key=lambda field: field.python_name if field.python_name in later else "")
