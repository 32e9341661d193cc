"""GraphQL of saved views: `leadView`, `leadViews`, and what changes them."""

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import strawberry

from crmkit.components.views.commands import ViewCommands
from crmkit.components.views.models import view_listing
from crmkit.components.views.saved import Viewed
from crmkit.components.views.schemas import ViewCreate, ViewRead, ViewUpdate
from crmkit.web.graphql import (
    Connection,
    Context,
    Output,
    Problem,
    checked,
    extend,
    filter_of,
    input_of,
    output,
)
from crmkit.web.graphql.rooms import named, typed
from crmkit.web.graphql.shapes import filters

_TOLD = (
    "视图 a list's filters, order and fields under a name. `leads(filter: {view: …})` asks by it."
)
_USUAL = 50


@dataclass(frozen=True, slots=True)
class ViewTypes:
    """The types that the views of one service share."""

    shape: type[Any]
    new: type
    patch: type
    wanted: type


def view_types(views: ViewCommands[Any]) -> ViewTypes:
    """Made once for each service."""
    name = views.cls.__name__
    return ViewTypes(
        output(ViewRead)(named(name, Output, _TOLD)),
        input_of(ViewCreate)(named(f"{name}CreateInput", object)),
        input_of(ViewUpdate)(named(f"{name}UpdateInput", object)),
        filter_of(view_listing(views.cls))(named(f"{name}Filter", object)),
    )


def views_of(
    query: type, mutation: type, kinds: ViewTypes, views: ViewCommands[Any], viewed: Viewed
) -> None:
    """Add them to a room's Query and Mutation."""
    what = f"{viewed.resource}_view"
    extend(query, **{what: _one(kinds, views, viewed), f"{what}s": _list(kinds, views, viewed)})
    changing = {
        f"create_{what}": _create(kinds, views, viewed),
        f"update_{what}": _update(kinds, views, viewed),
        f"delete_{what}": _delete(kinds, views, viewed),
    }
    extend(mutation, **changing)


def _one(kinds: ViewTypes, views: ViewCommands[Any], viewed: Viewed) -> Any:
    async def resolve(info: strawberry.Info[Context, None], id: UUID) -> Any:
        found = await info.context.one(kinds.shape, views.cls, id)
        if found is None or vars(found)["resource"] != viewed.resource:
            return None
        viewed.demand(info.context.reading)
        return found

    return typed(resolve, kinds.shape | None)


def _list(kinds: ViewTypes, views: ViewCommands[Any], viewed: Viewed) -> Any:
    listing = view_listing(views.cls, "resource")

    async def resolve(
        info: strawberry.Info[Context, None],
        first: int = _USUAL,
        after: str | None = None,
        filter: Any = None,
        sort: str | None = None,
    ) -> Any:
        viewed.demand(info.context.reading)
        within = SimpleNamespace(**filters(filter), resource=[viewed.resource])
        return await info.context.page(kinds.shape, listing, first, after, within, sort)

    return typed(resolve, Connection[kinds.shape], filter=kinds.wanted | None)  # type: ignore[name-defined]  # a class made at run time


def _create(kinds: ViewTypes, views: ViewCommands[Any], viewed: Viewed) -> Any:
    async def resolve(
        info: strawberry.Info[Context, None], input: Any, idempotency_key: str | None = None
    ) -> Any:
        new = checked(ViewCreate, input)
        return await info.context.change(
            kinds.shape, views.create, viewed, new, idempotency_key=idempotency_key
        )

    return typed(resolve, kinds.shape | Problem, input=kinds.new)


def _update(kinds: ViewTypes, views: ViewCommands[Any], viewed: Viewed) -> Any:
    async def resolve(
        info: strawberry.Info[Context, None], id: UUID, expected_version: int, input: Any
    ) -> Any:
        patch = checked(ViewUpdate, input)
        return await info.context.change(
            kinds.shape, views.update, viewed, id, patch, expected_version=expected_version
        )

    return typed(resolve, kinds.shape | Problem, input=kinds.patch)


def _delete(kinds: ViewTypes, views: ViewCommands[Any], viewed: Viewed) -> Any:
    async def resolve(info: strawberry.Info[Context, None], id: UUID) -> Any:
        return await info.context.change(kinds.shape, views.delete, viewed, id)

    return typed(resolve, kinds.shape | Problem)
