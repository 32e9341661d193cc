"""GraphQL types made from what REST has already: read schemas, inputs, list filters.

A field that exists in one exists in the other, with the same name and the same rules.
"""

import inspect
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Annotated, Any, Self, TypeVar, Union, get_args, get_origin
from uuid import UUID

import strawberry
from pydantic import BaseModel
from strawberry.scalars import JSON

from crmkit.db.kinds import FLAG, PERIOD
from crmkit.db.listing import Listing
from crmkit.db.tables import Record
from crmkit.fields import MoneyIn, MoneyOut
from crmkit.web.answers import Read
from crmkit.web.graphql.connections import Shows
from crmkit.web.graphql.inputs import taken_by_plan
from crmkit.web.graphql.money import Money, MoneyInput

if TYPE_CHECKING:
    from crmkit.web.graphql.context import Context

T = TypeVar("T", bound=type)
_PLAIN = (str, int, bool, UUID, datetime, date)
_inputs: dict[type[BaseModel], type] = {}


class Output:
    """Base of what resolvers return; `@output(LeadRead)` gives the fields."""

    read: type[Read]
    rows: type[Record]
    money: tuple[str, ...]

    @classmethod
    def of(cls, source: Any, masks: frozenset[str] = frozenset()) -> Self:
        """A row or record as GraphQL shows it, without what the policy masks."""
        made = object.__new__(cls)
        fields = made.__dict__
        fields.update(cls.read.of(source, masks))
        for name in cls.money:
            value = fields[name]
            if value is not None:
                fields[name] = Money(amount=value["amount"], currency=value["currency"])
        return made

    @classmethod
    def shows(cls, masks: frozenset[str]) -> Shows:
        """What `of` takes from a record as it stands."""
        return _shows(cls.read, cls.money, masks)

    @classmethod
    async def referred(cls, context: "Context", entity_id: UUID) -> Self | None:
        """The entity another subgraph refers to, None where the caller sees none."""
        return await context.one(cls, cls.rows, entity_id)


def output(
    read: type[Read], rows: type[Record] | None = None, *, shareable: bool = False
) -> Callable[[T], T]:
    """Give a class the fields of a read schema; with `rows` it is an entity of the supergraph, and
    one that is `shareable` is a type of every service's."""

    def make(cls: T) -> T:
        fields = {name: _shown(field.annotation) for name, field in read.model_fields.items()}
        cls.__annotations__ = fields | inspect.get_annotations(cls)
        cls.read = read  # type: ignore[attr-defined]  # an Output by its decorator
        cls.money = tuple(n for n, kind in fields.items() if kind in (Money, Money | None))  # type: ignore[attr-defined]  # an Output by its decorator
        keys = []
        if rows is not None:
            cls.rows = rows  # type: ignore[attr-defined]  # an Output by its decorator
            keys = ["id"]
        described: T = strawberry.federation.type(
            cls, keys=keys, description=cls.__doc__ or read.__doc__, shareable=shareable
        )
        return described

    return make


def input_of(schema: type[BaseModel]) -> Callable[[T], T]:
    """Give a class the fields of an input schema; `checked` validates by that schema."""

    def make(cls: T) -> T:
        cls.__annotations__ = {}
        for name, field in schema.model_fields.items():
            kind = _taken(field.annotation)
            if field.is_required():
                cls.__annotations__[name] = kind
            else:
                cls.__annotations__[name] = kind | None
                setattr(cls, name, strawberry.UNSET)
        described: T = strawberry.input(cls, description=cls.__doc__ or schema.__doc__)
        _inputs[schema] = taken_by_plan(described)
        return described

    return make


def filter_of(listing: Listing) -> Callable[[T], T]:
    """Give a class the filters of a list: `status: [..]`, `amountGte: ..`, `q: ..`."""

    def make(cls: T) -> T:
        cls.__annotations__ = {}
        for name, parameter in listing.parameters.items():
            kind: Any = str
            if parameter.operator in ("null", FLAG):
                kind = bool
            elif parameter.operator not in ("q", PERIOD):
                kind = _bare(_taken(listing.cls.model_fields[parameter.column].annotation))
            if parameter.operator == "in":
                kind = list[kind]
            cls.__annotations__[name] = kind | None
            setattr(cls, name, None)
        if listing.views:
            cls.__annotations__["view"] = UUID | None
            cls.view = None  # type: ignore[attr-defined]  # a filter by its decorator
        if listing.custom:
            cls.__annotations__["custom"] = JSON | None
            cls.custom = None  # type: ignore[attr-defined]  # a filter by its decorator
        described: T = strawberry.input(
            cls, description=f"Filters of {listing.cls.__name__} lists."
        )
        return taken_by_plan(described)

    return make


def filters(given: Any) -> Mapping[str, Any]:
    """What a filter input asks for."""
    return {} if given is None else {n: v for n, v in vars(given).items() if v is not None}


@lru_cache(1024)
def _shows(read: type[Read], money: tuple[str, ...], masks: frozenset[str]) -> Shows:
    return Shows(frozenset(read.model_fields) - masks - frozenset(money))


def _shown(annotation: Any) -> Any:
    return _mapped(annotation, {MoneyOut: Money})


def _taken(annotation: Any) -> Any:
    return _mapped(annotation, {MoneyIn: MoneyInput} | _inputs)


def _mapped(annotation: Any, known: Mapping[Any, Any]) -> Any:
    if annotation in known:
        return known[annotation]
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _mapped(arguments[0], known)
    if origin in (Union, UnionType):
        inner = [_mapped(a, known) for a in arguments if a is not NoneType]
        return inner[0] | None
    if origin is list:
        return list[_mapped(arguments[0], known)]  # type: ignore[misc]  # a type made at run time
    return _leaf(annotation)


def _leaf(annotation: Any) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        if not hasattr(annotation, "__strawberry_definition__"):
            strawberry.enum(annotation, name=annotation.__name__)
        return annotation
    if annotation is Decimal:
        return str
    return annotation if annotation in _PLAIN else JSON


def _bare(annotation: Any) -> Any:
    return next((a for a in get_args(annotation) if a is not NoneType), annotation)
