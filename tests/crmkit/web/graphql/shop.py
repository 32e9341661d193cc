"""A tiny subgraph for tests, and what stands in for an edge with a database behind it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from types import SimpleNamespace
from typing import Annotated, Any, Protocol, cast
from uuid import UUID

import strawberry
from pydantic import BaseModel, StringConstraints

from crmkit.db.tables import Record
from crmkit.fields import MoneyIn, Strict
from crmkit.kernel.errors import Conflict, Fault, Invalid, NotFound
from crmkit.web.graphql import (
    Connection,
    Info,
    Money,
    MoneyInput,
    Problem,
    checked,
    connection,
)

ITEM_ID = UUID("01930000-0000-7000-8000-000000000001")


class Ask(Protocol):
    async def __call__(self, query: str, **variables: Any) -> tuple[int, dict[str, Any]]: ...


@strawberry.enum
class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Row(Record):
    """Never a table: only the key of a loader."""


@dataclass
class StandInEdge:
    """Remembers what it was asked for."""

    batches: list[list[UUID]] = field(default_factory=list)
    calls: list[tuple[str | None, int | None]] = field(default_factory=list)
    resolved: list[str] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def reading(self) -> "StandInEdge":
        return self

    @property
    def request(self) -> Any:
        return SimpleNamespace(headers=self.headers)

    async def by_ids(self, _: type[Record], ids: list[UUID]) -> list[Any]:
        self.batches.append(ids)
        return [SimpleNamespace(id=each, name=f"item {each.int % 1000}") for each in ids]

    async def call(self, key: str | None, expected: int | None) -> tuple[str | None, int | None]:
        self.calls.append((key, expected))
        return key, expected

    async def run(self, _: Any, command: Callable[..., Awaitable[Any]], *args: Any) -> Any:
        return await command(None, *args)


class ItemUpdate(Strict):
    name: Annotated[str, StringConstraints(min_length=2)] | None = None
    price: MoneyIn | None = None
    tags: tuple[str, ...] = ()


@strawberry.type
class Owner:
    id: UUID
    name: str


@strawberry.type
class Item:
    id: UUID
    name: str
    note: str | None
    colour: Colour
    price: Money | None
    made_at: datetime
    made_on: date

    @strawberry.field
    async def owner(self, info: Info) -> Owner | None:
        found: Any = await info.context.load(Row, self.id)
        return found and Owner(id=found.id, name=found.name)

    @strawberry.field
    def again(self, info: Info) -> "Item":
        return self

    @strawberry.field
    def parts(self, info: Info, first: int = 50) -> Connection["Item"]:
        return connection(Found([], None), _same)

    @strawberry.field
    def loose(self, info: Info) -> list["Item"]:
        return []


def item(number: int) -> Item:
    return Item(
        id=UUID(int=ITEM_ID.int + number),
        name=f"item {number}",
        note=None,
        colour=Colour.RED,
        price=Money.of(Decimal("12.5"), "CNY"),
        made_at=datetime(2026, 3, 31, 16, 0, tzinfo=UTC),
        made_on=date(2026, 4, 1),
    )


def _same(record: Any) -> Any:
    return record


@dataclass
class Found:
    records: list[Any]
    next_cursor: str | None

    @property
    def cursors(self) -> list[str]:
        return [f"after-{number}" for number in range(len(self.records))]


@strawberry.input
class ItemInput:
    name: str | None = strawberry.UNSET
    price: MoneyInput | None = strawberry.UNSET
    tags: list[str] | None = strawberry.UNSET


def shown(given: BaseModel) -> str:
    return given.model_dump_json(exclude_unset=True)


@strawberry.type
class Query:
    @strawberry.field
    def item(self, info: Info, id: UUID) -> Item | None:
        info.context.edge.resolved.append("item")  # type: ignore[attr-defined]  # the test's edge
        if id != ITEM_ID:
            raise NotFound("no such item", code="item.not_found")
        return item(0)

    @strawberry.field
    async def items(
        self, info: Info, first: int = 50, after: str | None = None
    ) -> Connection[Item]:
        info.context.edge.resolved.append("items")  # type: ignore[attr-defined]  # the test's edge
        records = [item(number) for number in range(first)]
        return connection(Found(records, f"after-{first - 1}"), _same)

    @strawberry.field
    def secret(self) -> str:
        raise RuntimeError("password 秘密 " + "x" * 5000)

    @strawberry.field
    def same(self, at: datetime, on: date) -> str:
        return f"{at.isoformat()} {on.isoformat()}"


@strawberry.type
class Counted:
    @strawberry.field
    def one(self, info: Info) -> int:
        info.context.edge.resolved.append("one")  # type: ignore[attr-defined]  # the test's edge
        return 1

    @strawberry.field
    def broken_list(self) -> list[int]:
        return "not a number"  # type: ignore[return-value]  # wrong on purpose


Renamed = Annotated[Item | Problem, strawberry.union("Renamed")]


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def rename(
        self,
        info: Info,
        to: str,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Renamed:
        async def rename_item(tx: Any, name: str) -> Any:
            if name == "taken":
                raise Conflict("the name is taken", code="item.taken")
            if name == "":
                raise Invalid("no name", faults=[Fault("/to", "missing", "say a name")])
            if name == "boom":
                raise RuntimeError("boom")
            return item(0)

        renamed: Any = await info.context.write(
            rename_item, to, expected_version=expected_version, idempotency_key=idempotency_key
        )
        return cast("Item", renamed)

    @strawberry.mutation
    def change(self, input: ItemInput) -> "Changed | Problem":
        return Changed(given=shown(checked(ItemUpdate, input)))


@strawberry.type
class Changed:
    given: str
