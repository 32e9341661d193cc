"""The fast executor answers what graphql-core would, on any query over any data."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
import strawberry
from asyncpg.pgproto import pgproto
from graphql import ExecutionResult, execute, parse
from graphql.execution import MiddlewareManager
from hypothesis import given, settings
from hypothesis import strategies as st
from strawberry.execution import optimized_is_awaitable
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext as OrdinaryExecutor
from strawberry.utils.await_maybe import await_maybe

from crmkit.web.graphql import make_schema
from crmkit.web.graphql.fast import FastExecutor
from crmkit.web.graphql.view import encode
from tests.crmkit.web.graphql.shop import Colour


class Denied(strawberry.BasePermission):
    message = "denied"

    def has_permission(self, source: Any, info: Any, **_: Any) -> bool:
        return False


@strawberry.interface
class Named:
    text: str | None


@strawberry.type
class Leaf(Named):
    number: int


@strawberry.type
class Stem(Named):
    flag: bool


@strawberry.type
class Node:
    text: str | None
    must_text: str
    number: int | None
    must_number: int
    ratio: float | None
    flag: bool | None
    colour: Colour | None
    must_colour: Colour
    at: datetime | None
    uid: UUID | None
    day: date | None
    key: strawberry.ID | None
    tags: list[str] | None
    must_tags: list[str]
    grid: list[list[int | None]] | None
    child: "Node | None"
    children: "list[Node | None] | None"
    must_children: "list[Node]"
    either: Leaf | Stem | None
    named: Named | None
    hidden: str | None = strawberry.field(permission_classes=[Denied])

    @strawberry.field
    def computed(self, by: int = 2) -> int:
        return by * 2

    @strawberry.field
    async def later(self) -> str:
        return "later"

    @strawberry.field
    def failing(self) -> str | None:
        raise ValueError("failing")

    @strawberry.field
    async def must_fail_later(self) -> str:
        raise ValueError("later")

    @strawberry.field
    def same(self) -> "Node":
        return self


@strawberry.type
class Query:
    node: Node | None
    nodes: list[Node]

    @strawberry.field
    async def root(self) -> "Node | None":
        return self.node


SCHEMA = make_schema([Query], [], production=True)._schema
LEAVES = [
    *("text", "mustText", "number", "mustNumber", "ratio", "flag", "colour", "mustColour"),
    *("at", "uid", "day", "key", "tags", "mustTags", "grid", "hidden", "__typename"),
    *("computed", "later", "failing", "mustFailLater"),
]
OBJECTS = ["child", "children", "mustChildren", "same"]
ABSTRACT = (
    "either { __typename ... on Leaf { number text } ... on Stem { flag } }",
    "named { text }",
)


class Thing:
    """An object as loose as a row: whatever was put into it, some of it by property."""

    def __init__(self, values: dict[str, Any]) -> None:
        self.__dict__.update(values)

    @property
    def day(self) -> Any:
        if self.__dict__.get("fails"):
            raise LookupError("no day")
        return self.__dict__.get("a_day")


@dataclass
class Root:
    node: Any
    nodes: list[Any]


class Mine(str):
    __slots__ = ()


texts = st.text(max_size=3)
odd: st.SearchStrategy[Any] = st.sampled_from(
    [None, [], {}, 1.5, object, ValueError("a value"), Mine("mine"), "7", 7, True]
)
instants = st.sampled_from([datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 1), "no"])  # noqa: DTZ001 - one without a zone, on purpose
uids = st.sampled_from([UUID(int=7), pgproto.UUID(str(UUID(int=8))), "no"])
colours = st.sampled_from([*Colour, "red", "RED"])
numbers = st.one_of(st.integers(-5, 5), st.just(2**31), st.just(True))
branches = st.sampled_from([Leaf(text="leaf", number=1), Stem(text=None, flag=True), object()])


def or_odd(usual: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.integers(0, 30).flatmap(lambda n: odd if n == 0 else st.none() if n < 4 else usual)


def required(usual: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.integers(0, 60).flatmap(lambda n: odd if n == 0 else usual)


def things(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    values: dict[str, st.SearchStrategy[Any]] = {
        "text": or_odd(texts),
        "must_text": required(texts),
        "number": or_odd(numbers),
        "must_number": required(st.integers(-5, 5)),
        "ratio": or_odd(st.sampled_from([1.5, 2, float("nan")])),
        "flag": or_odd(st.booleans()),
        "colour": or_odd(colours),
        "must_colour": required(st.sampled_from(list(Colour))),
        "at": or_odd(instants),
        "uid": or_odd(uids),
        "a_day": or_odd(st.just(date(2026, 1, 2))),
        "fails": st.integers(0, 20).map(lambda n: n == 0),
        "key": or_odd(texts),
        "tags": or_odd(st.lists(required(texts), max_size=2)),
        "must_tags": required(st.one_of(st.lists(texts, max_size=2), st.just(("a",)))),
        "grid": or_odd(st.lists(st.lists(or_odd(numbers), max_size=2), max_size=2)),
        "child": or_odd(inner),
        "children": or_odd(st.lists(or_odd(inner), max_size=2)),
        "must_children": required(st.lists(required(inner), max_size=2)),
        "either": or_odd(branches),
        "named": or_odd(branches),
        "hidden": texts,
    }
    return st.fixed_dictionaries(values).map(Thing)


trees = things(things(things(st.none()) | st.none()))
directives = st.sampled_from(
    [""] * 8 + ["@skip(if: $yes)", "@skip(if: false)", "@include(if: $yes)", "@include(if: false)"]
)


def selections(depth: int, spreads: bool = True) -> st.SearchStrategy[str]:
    leaf = st.builds(
        lambda name, alias, directive: f"{alias and name.strip('_') + '_: '}{name} {directive}",
        st.sampled_from(LEAVES),
        st.sampled_from(["", "", "x"]),
        directives,
    )
    choices = [leaf, leaf, leaf, st.sampled_from([*ABSTRACT, "n: computed(by: 7)"])]
    if spreads:
        choices.append(st.sampled_from(["...F0", "...F1", "...F0 @include(if: $yes)"]))
    if depth:
        deeper = selections(depth - 1, spreads)
        choices += [
            st.builds(
                lambda name, inner: f"{name} {{ {inner} }}", st.sampled_from(OBJECTS), deeper
            ),
            st.builds(
                lambda on, inner: f"... {on} {{ {inner} }}",
                st.sampled_from(["on Node", ""]),
                deeper,
            ),
        ]
    return st.lists(st.one_of(choices), min_size=1, max_size=6).map(" ".join)


documents = st.builds(
    lambda root, one, two, three: (
        f"query Q($yes: Boolean = true) {{ {root} {{ {one} }} nodes {{ {two} }} }}"
        f" fragment F0 on Node {{ {three} }} fragment F1 on Node {{ text child {{ number }} }}"
    ),
    st.sampled_from(["node", "root"]),
    selections(2),
    selections(2),
    selections(1, spreads=False),
)


async def answer(
    executor: type[OrdinaryExecutor], query: str, root: Root
) -> tuple[bytes, list[Any]]:
    before = asyncio.all_tasks()
    result = await await_maybe(
        execute(
            SCHEMA,
            parse(query),
            root_value=root,
            middleware=MiddlewareManager(),
            is_awaitable=optimized_is_awaitable,  # type: ignore[arg-type]  # graphql-core's own
            executor_class=executor,
            operation_extensions=None,
        )
    )
    if left := asyncio.all_tasks() - before:  # siblings of what failed settle by themselves
        await asyncio.wait(left)
    assert isinstance(result, ExecutionResult)
    return encode(result.data), [error.formatted for error in result.errors or ()]


# graphql-core cancels the siblings of a failed field, some before they began
@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@settings(max_examples=60, deadline=None)
@given(query=documents, node=st.none() | trees, nodes=st.lists(trees, max_size=3))
def test_both_executors_answer_alike(query: str, node: Any, nodes: list[Any]) -> None:
    root = Root(node, nodes)

    async def both() -> bool:
        async with asyncio.timeout(20):
            fast = await answer(FastExecutor, query, root)
            return fast == await answer(OrdinaryExecutor, query, root)

    assert asyncio.run(both())  # a loop of its own: nothing else is cancelled or waits in it


async def test_a_field_with_a_permission_is_never_read_directly() -> None:
    root = Root(Thing({"hidden": "secret", "text": "seen"}), [])
    data, errors = await answer(FastExecutor, "{ node { hidden text } }", root)
    assert data == b'{"node":{"hidden":null,"text":"seen"}}'
    assert [error["message"] for error in errors] == ["denied"]


async def test_an_attribute_that_waits_is_awaited() -> None:
    async def text() -> str:
        return "waited for"

    root = Root(Thing({"text": text()}), [])
    assert await answer(FastExecutor, "{ node { text } }", root) == (
        b'{"node":{"text":"waited for"}}',
        [],
    )


async def test_middleware_sees_every_field() -> None:
    seen: list[str] = []

    def look(following: Any, source: Any, info: Any, **arguments: Any) -> Any:
        seen.append(info.field_name)
        return following(source, info, **arguments)

    await await_maybe(
        execute(
            SCHEMA,
            parse("{ node { text } }"),
            root_value=Root(Thing({"text": "x"}), []),
            middleware=MiddlewareManager(look),
            executor_class=FastExecutor,
            operation_extensions=None,
        )
    )
    assert seen == ["node", "text"]
