"""Every change of a saved view."""

from collections.abc import Awaitable, Callable
from typing import Any, Generic, TypeVar
from uuid import UUID

from crmkit.components.custom import answering
from crmkit.components.directory import owner
from crmkit.components.views.models import Sharing, View
from crmkit.components.views.saved import Said, Viewed, demand_valid, not_found
from crmkit.components.views.schemas import ViewCreate, ViewUpdate
from crmkit.db.writing import Tx
from crmkit.events.envelope import Event
from crmkit.fields import given
from crmkit.kernel.errors import Invalid

V = TypeVar("V", bound=View)


class ViewCommands(Generic[V]):
    """What people do with the views of one service."""

    def __init__(
        self,
        cls: type[V],
        *,
        created: type[Event[Any]],
        updated: type[Event[Any]],
        deleted: type[Event[Any]],
    ) -> None:
        self.cls = cls
        self._created, self._updated, self._deleted = created, updated, deleted
        self.create: Callable[..., Awaitable[V]] = answering(cls, self._create)
        self.update: Callable[..., Awaitable[V]] = answering(cls, self._update)
        self.delete: Callable[..., Awaitable[V]] = answering(cls, self._delete)

    async def _create(self, tx: Tx, viewed: Viewed, new: ViewCreate) -> V:
        """Save a view of a list that the caller may read, as theirs."""
        viewed.demand(tx)
        await demand_valid(viewed, tx, Said(new.filter, new.sort, new.fields))
        who = await owner(tx, None)
        if new.is_default:
            await self._step_back(tx, viewed.resource, who.owner_id)
        return tx.create(
            self.cls,
            self._created,
            **given(new),
            resource=viewed.resource,
            owner_id=who.owner_id,
            team=_shared_with(new.shared, who.team),
        )

    async def _update(self, tx: Tx, viewed: Viewed, view_id: UUID, patch: ViewUpdate) -> V:
        """Change a view; what it says is looked up anew, and so is the team it is shared with."""
        view = await self._taken(tx, viewed, view_id)
        values = given(patch)
        if values.keys() & {"filter", "sort", "fields"}:
            told = {name: values.get(name, getattr(view, name)) for name in Said._fields}
            await demand_valid(viewed, tx, Said(**told))
        if "shared" in values:
            values["team"] = _shared_with(patch.shared, (await owner(tx, view.owner_id)).team)
        if values.get("is_default") and not view.is_default:
            await self._step_back(tx, view.resource, view.owner_id)
        return tx.update(view, self._updated, **values)

    async def _delete(self, tx: Tx, viewed: Viewed, view_id: UUID) -> V:
        """Take a view away, for all it was shared with."""
        view = await self._taken(tx, viewed, view_id)
        return tx.update(view, self._deleted, deleted_at=tx.now, is_default=False)

    async def _taken(self, tx: Tx, viewed: Viewed, view_id: UUID) -> V:
        view = await tx.take(self.cls, view_id)
        if view.resource != viewed.resource:
            raise not_found(self.cls)
        return view

    async def _step_back(self, tx: Tx, resource: str, owner_id: UUID) -> None:
        """The view that was the default is it no more."""
        known = await tx.find(self.cls, resource=resource, owner_id=owner_id, is_default=True)
        if known is not None:
            tx.update(known, self._updated, is_default=False)


def _shared_with(shared: Sharing, team: str) -> str:
    """The team it is shared with; Invalid `view.no_team` where its owner is of none."""
    if shared is not Sharing.TEAM:
        return ""
    if not team:
        raise Invalid.field("shared", "view.no_team", "its owner is of no team")
    return team
