"""Entities: what a subgraph owns and others refer to by id, and what it adds to those of others."""

from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any, Protocol, Self
from uuid import UUID

import strawberry
from graphql import GraphQLError
from strawberry.federation.schema_directives import Key
from strawberry.federation.types import FieldSet

from crmkit.kernel.errors import Invalid
from crmkit.web.graphql.scalars import read_uuid

if TYPE_CHECKING:
    from crmkit.web.graphql.context import Context


class Entity(Protocol):
    """What `_entities` can answer."""

    @classmethod
    async def referred(cls, context: "Context", entity_id: UUID) -> Self | None: ...


@strawberry.type
class Reference:
    """Base of a type that another subgraph owns; here only its id is known, and what we add."""

    id: UUID

    @classmethod
    async def referred(cls, context: "Context", entity_id: UUID) -> Self:  # noqa: ARG003 - as Entity has it
        """Whether there is such a thing its owner says."""
        return cls(id=entity_id)

    @classmethod
    def to(cls, entity_id: UUID | None) -> Self | None:
        """A reference, None where there is nothing to refer to."""
        return None if entity_id is None else cls(id=entity_id)


ONLY_NAMED = Key(fields=FieldSet("id"), resolvable=False)
"""The key of a type that we refer to and add nothing to."""


@strawberry.federation.type(keys=[ONLY_NAMED], description="A person who works for the tenant.")
class Member(Reference): ...


def find_entity(
    entities: dict[str, type[Entity]], context: "Context", representation: Any
) -> Awaitable[Any] | Exception:
    """What a representation stands for; an error of its own where it stands for nothing."""
    known = representation if isinstance(representation, dict) else {}
    entity = entities.get(str(known.get("__typename")))
    if entity is None:
        return Invalid("no entity has this __typename", code="entity.unknown")
    try:
        return entity.referred(context, read_uuid(known.get("id")))
    except GraphQLError:
        return Invalid("the key of an entity is its id, a UUID", code="entity.key")
