"""What resolvers reach through `info.context`."""

from collections import Counter
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeAlias, TypeVar
from uuid import UUID

import strawberry
from strawberry.dataloader import DataLoader

from crmkit.db.children import Below, find_each
from crmkit.db.listing import Found, Listing, Wanted
from crmkit.db.reading import Reading
from crmkit.db.rows import plan
from crmkit.db.tables import Record
from crmkit.db.writing import Tx
from crmkit.web.graphql.connections import Connection, connection
from crmkit.web.graphql.shapes import Output, filters

if TYPE_CHECKING:
    from crmkit.web.edge import EdgeContext

R = TypeVar("R", bound=Record)
Shape = TypeVar("Shape", bound=Output)
P = ParamSpec("P")


class Context:
    """One operation's edge, and a DataLoader for each class of rows and each list below them.

    No loader refers to the context, so that it goes, with all it holds, when the operation is over.
    """

    def __init__(self, edge: "EdgeContext") -> None:
        self.edge = edge
        self._loaders: dict[type[Record], DataLoader[UUID, Any]] = {}
        self._children: dict[tuple[Below, Wanted], DataLoader[UUID, Found]] = {}
        self._keys: Counter[str] = Counter()

    @property
    def reading(self) -> Reading:
        return self.edge.reading

    async def write(
        self,
        command: Callable[Concatenate[Tx, ...], Awaitable[R]],
        /,
        *args: Any,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> R:
        """Run a command and write it; the key is the argument's, else the header's."""
        key = idempotency_key
        if key is None:
            key = self.edge.request.headers.get("idempotency-key")
        call = await self.edge.call(self._own(key), expected_version)
        self._loaders.clear()
        self._children.clear()
        return await self.edge.run(call, command, *args)

    async def one(self, shape: type[Shape], cls: type[R], row_id: UUID | None) -> Shape | None:
        """The record as GraphQL shows it, None where there is none, or none the caller sees."""
        row = None if row_id is None else await self.load(cls, row_id)
        return None if row is None else shape.of(row, self._masks(cls))

    async def page(
        self,
        shape: type[Shape],
        listing: Listing,
        first: int,
        after: str | None,
        filter: object = None,
        sort: str | None = None,
    ) -> Connection[Shape]:
        """One page of a list."""
        wanted = listing.wanted(filters(filter), sort, first, after)
        found = await listing.find(self.reading, wanted)
        masks = self._masks(listing.cls)
        return connection(found, lambda record: shape.of(record, masks), shape.shows(masks))

    async def children(
        self,
        shape: type[Shape],
        parent: tuple[Below, UUID],
        first: int,
        after: str | None = None,
        filter: object = None,
        sort: str | None = None,
    ) -> Connection[Shape]:
        """One page of what belongs to a parent, read together with those of other parents."""
        below, parent_id = parent
        wanted = below.listing.wanted(filters(filter), sort, first, after)
        loader = self._children.get((below, wanted))
        if loader is None:
            reading = self.reading

            async def read(ids: list[UUID]) -> list[Found]:
                return await find_each(below, reading, wanted, ids)

            loader = self._children[below, wanted] = DataLoader(load_fn=read)
        masks = self._masks(below.listing.cls)
        found = await loader.load(parent_id)
        return connection(found, lambda record: shape.of(record, masks), shape.shows(masks))

    async def change(
        self,
        shape: type[Shape],
        command: Callable[Concatenate[Tx, ...], Awaitable[Record]],
        /,
        *args: Any,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Shape:
        """Run a command and show the row it answers."""
        row = await self.write(
            command, *args, expected_version=expected_version, idempotency_key=idempotency_key
        )
        return shape.of(row, self._masks(type(row)))

    def _masks(self, cls: type[Record]) -> frozenset[str]:
        return self.reading.policy.masks(self.reading.actor, plan(cls).table)

    async def load(self, cls: type[R], row_id: UUID) -> R | None:
        """The row, read together with all others of its class that the operation asks for now."""
        loader = self._loaders.get(cls)
        if loader is None:
            reading = self.reading

            async def read(ids: list[UUID]) -> list[R | None]:
                return await reading.by_ids(cls, ids)

            loader = self._loaders[cls] = DataLoader(load_fn=read)
        row: R | None = await loader.load(row_id)
        return row

    def _own(self, key: str | None) -> str | None:
        """A key that several mutations of one document share is made one for each."""
        if key is None:
            return None
        used = self._keys[key]
        self._keys[key] += 1
        return f"{key}#{used}" if used else key


Info: TypeAlias = strawberry.Info[Context, None]
