"""REST of saved views: `/v1/<plural>/views`."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response

from crmkit.components.enums import enums
from crmkit.components.history import history
from crmkit.components.views.commands import ViewCommands
from crmkit.components.views.models import Sharing, View, view_listing
from crmkit.components.views.past import since_it_is_shared
from crmkit.components.views.saved import Viewed, not_found
from crmkit.components.views.schemas import ViewCreate, ViewRead, ViewUpdate
from crmkit.web.answers import Page
from crmkit.web.edge import Edge, EdgeContext, Matched


def views_of(router: APIRouter, views: ViewCommands[Any], viewed: Viewed) -> None:
    """Add `/views` to a room's router; call it before the room's `/{id}` routes."""
    inner = APIRouter(prefix=f"{router.prefix}/views", tags=router.tags)
    enums(inner, {"shared": Sharing})
    what = f"{viewed.resource}_view"
    _looking(inner, views.cls, viewed, what)

    @inner.post("", status_code=201, response_model=ViewRead, name=f"create_{what}")
    async def create_view(new: ViewCreate, edge: Edge) -> Response:
        """Save a view of this list; each filter, order and field that it does not have is told."""
        return edge.created(ViewRead, await edge.write(views.create, viewed, new))

    @inner.patch("/{view_id}", response_model=ViewRead, name=f"update_{what}")
    async def update_view(view_id: UUID, patch: ViewUpdate, edge: Matched) -> Response:
        """Change what a view says, what it is called, or whom it is shared with."""
        changed = await edge.write(views.update, viewed, view_id, patch)
        return edge.changed(ViewRead, changed)

    @inner.delete("/{view_id}", status_code=204, name=f"delete_{what}")
    async def delete_view(view_id: UUID, edge: Edge) -> Response:
        """Take a view away, for all it was shared with."""
        await edge.write(views.delete, viewed, view_id)
        return edge.gone()

    history(inner, views.cls, name=f"{what}_history", shown=since_it_is_shared)
    router.routes.extend(inner.routes)


def _looking(inner: APIRouter, cls: type[View], viewed: Viewed, what: str) -> None:
    documented, listing = view_listing(cls), view_listing(cls, "resource")

    @inner.get(
        "",
        response_model=Page[ViewRead],
        openapi_extra=documented.openapi(),
        name=f"list_{what}s",
    )
    async def list_views(edge: Edge) -> Response:
        """The caller's views of this list, and those that are shared with them."""
        viewed.demand(edge.reading)
        asked = [*edge.request.query_params.multi_items(), ("resource", viewed.resource)]
        found = await listing.find(edge.reading, listing.parse(asked))
        return edge.page(ViewRead, cls, found)

    @inner.get("/{view_id}", response_model=ViewRead, name=f"get_{what}")
    async def get_view(view_id: UUID, edge: Edge) -> Response:
        return edge.shown(ViewRead, await _view(edge, cls, viewed, view_id))


async def _view(edge: EdgeContext, cls: type[View], viewed: Viewed, view_id: UUID) -> View:
    view = await edge.get(cls, view_id)
    if view.resource != viewed.resource:
        raise not_found(cls)
    viewed.demand(edge.reading)
    return view
