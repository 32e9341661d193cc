"""Relay connections over the kit's keyset pages."""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, Generic, NamedTuple, Protocol, TypeVar, cast

import strawberry

T = TypeVar("T")


class Page(Protocol):
    """What a listing found: records, a cursor for each, and the cursor of the next page."""

    @property
    def records(self) -> Sequence[Any]: ...

    @property
    def cursors(self) -> Sequence[str]: ...

    @property
    def next_cursor(self) -> str | None: ...


@strawberry.federation.type(shareable=True)
class PageInfo:
    has_next_page: bool
    end_cursor: str | None


@strawberry.type
class Edge(Generic[T]):
    cursor: str
    node: T


@strawberry.type
class Connection(Generic[T]):
    edges: list[Edge[T]]
    nodes: list[T]
    page_info: PageInfo


class Shows(NamedTuple):
    """How records become nodes, for whoever reads them off the records themselves."""

    fields: frozenset[str]
    """Those that are columns, for everybody to see."""


class Rows(Sequence[T]):
    """Records of a page that become objects where somebody looks at them as such."""

    def __init__(
        self,
        records: Sequence[Any],
        make: Callable[[], Sequence[T]],
        shows: Shows | None,
        *,
        in_edges: bool = False,
    ) -> None:
        self.records = records
        self.shows = shows
        self.in_edges = in_edges
        self._make = make

    @cached_property
    def objects(self) -> Sequence[T]:
        return self._make()

    def __len__(self) -> int:
        return len(self.records)

    def __getitem__(self, place: Any) -> Any:
        return self.objects[place]


def connection(
    found: Page, convert: Callable[[Any], T], shows: Shows | None = None
) -> Connection[T]:
    """The page as a connection; each record is converted once, where that is needed."""
    return cast("Connection[T]", _Shown(found, convert, shows))


class _Shown(Generic[T]):
    """Reads like a Connection, but makes the cursors, which are signed, only where asked for.

    It keeps no rows that refer to it: what is in no circle goes with its request.
    """

    def __init__(self, found: Page, convert: Callable[[Any], T], shows: Shows | None) -> None:
        self.found = found
        self._convert = convert
        self._shows = shows

    @property
    def nodes(self) -> Rows[T]:
        return Rows(self.found.records, lambda: self._nodes, self._shows)

    @property
    def edges(self) -> Rows["_ShownEdge[T]"]:
        return Rows(self.found.records, self._edges, self._shows, in_edges=True)

    @cached_property
    def cursors(self) -> Sequence[str]:
        return self.found.cursors

    @cached_property
    def page_info(self) -> PageInfo:
        following = self.found.next_cursor
        last = self.cursors[-1] if following is None and self.found.records else following
        return PageInfo(has_next_page=following is not None, end_cursor=last)

    @cached_property
    def _nodes(self) -> list[T]:
        return [*map(self._convert, self.found.records)]

    def _edges(self) -> list["_ShownEdge[T]"]:
        return [_ShownEdge(self, index, node) for index, node in enumerate(self._nodes)]


class _ShownEdge(Generic[T]):
    __slots__ = ("index", "node", "page")

    def __init__(self, page: _Shown[T], index: int, node: T) -> None:
        self.page = page
        self.index = index
        self.node = node

    @property
    def cursor(self) -> str:
        return self.page.cursors[self.index]
