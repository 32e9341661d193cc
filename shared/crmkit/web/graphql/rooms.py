"""Root fields that components add to a room's Query and Mutation, made from a shape."""

from collections.abc import Callable
from typing import Any, TypeVar
from uuid import UUID

import strawberry

from crmkit.db.listing import Listing
from crmkit.db.tables import Record
from crmkit.web.graphql.connections import Connection
from crmkit.web.graphql.context import Context
from crmkit.web.graphql.problems import Problem
from crmkit.web.graphql.shapes import Output

S = TypeVar("S", bound=Output)
_USUAL = 50


def named(name: str, parent: type, described: str | None = None) -> type:
    """A class to be decorated, of that name and described so."""
    return type(name, (parent,), {"__doc__": described})


def one_of(shape: type[S], cls: type[Record]) -> Any:
    """`lead(id: UUID!): Lead`."""

    async def resolve(info: strawberry.Info[Context, None], id: UUID) -> Any:
        return await info.context.one(shape, cls, id)

    return typed(resolve, shape | None)


def list_of(shape: type[S], filter_type: type, listing: Listing) -> Any:
    """`leads(first, after, filter, sort): LeadConnection!`."""

    async def resolve(
        info: strawberry.Info[Context, None],
        first: int = _USUAL,
        after: str | None = None,
        filter: Any = None,
        sort: str | None = None,
    ) -> Any:
        return await info.context.page(shape, listing, first, after, filter, sort)

    return typed(resolve, Connection[shape], filter=filter_type | None)  # type: ignore[valid-type]  # a class made at run time


def change_of(shape: type[S], command: Callable[..., Any]) -> Any:
    """`deleteLead(id: UUID!): Lead | Problem`."""

    async def resolve(info: strawberry.Info[Context, None], id: UUID) -> Any:
        return await info.context.change(shape, command, id)

    return typed(resolve, shape | Problem)


def typed(resolve: Callable[..., Any], answer: Any, **taken: Any) -> Any:
    """The field of a resolver whose types are known only here: what it answers, what it takes."""
    resolve.__annotations__ |= taken | {"return": answer}
    return strawberry.field(resolver=resolve)
