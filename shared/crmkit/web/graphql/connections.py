"""Relay connections over the kit's keyset pages."""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, Generic, Protocol, TypeVar, cast

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


def connection(found: Page, convert: Callable[[Any], T]) -> Connection[T]:
    """The page as a connection; each record is converted once."""
    shown = _Shown(found, [convert(record) for record in found.records])
    return cast("Connection[T]", shown)


class _Shown(Generic[T]):
    """Reads like a Connection, but makes the cursors, which are signed, only where asked for."""

    def __init__(self, found: Page, nodes: list[T]) -> None:
        self.found = found
        self.nodes = nodes

    @cached_property
    def cursors(self) -> Sequence[str]:
        return self.found.cursors

    @cached_property
    def edges(self) -> list["_ShownEdge[T]"]:
        return [_ShownEdge(self, index, node) for index, node in enumerate(self.nodes)]

    @cached_property
    def page_info(self) -> PageInfo:
        following = self.found.next_cursor
        last = self.cursors[-1] if following is None and self.nodes else following
        return PageInfo(has_next_page=following is not None, end_cursor=last)


class _ShownEdge(Generic[T]):
    __slots__ = ("index", "node", "page")

    def __init__(self, page: _Shown[T], index: int, node: T) -> None:
        self.page = page
        self.index = index
        self.node = node

    @property
    def cursor(self) -> str:
        return self.page.cursors[self.index]
