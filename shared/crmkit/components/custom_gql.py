"""GraphQL of custom fields: `leadField`, `leadFields`, and what changes them."""

from typing import Any
from uuid import UUID

import strawberry

from crmkit.components.custom import CustomField, FieldCommands
from crmkit.components.custom_schemas import CustomFieldCreate, CustomFieldRead, CustomFieldUpdate
from crmkit.db.listing import Listing
from crmkit.db.rows import plan
from crmkit.web.graphql import (
    Context,
    Output,
    Problem,
    checked,
    extend,
    filter_of,
    input_of,
    output,
)
from crmkit.web.graphql.rooms import change_of, list_of, named, one_of, typed


def custom_fields(
    query: type, mutation: type, fields: FieldCommands[Any], listing: Listing, plural: str
) -> None:
    """Add them to a room's Query and Mutation; `plural` is what the records are called."""
    cls: type[CustomField] = fields.cls
    name, table = cls.__name__, plan(cls).table
    described = f"自定义字段 what a tenant adds to {plural}."
    shape = output(CustomFieldRead)(named(name, Output, described))
    new = input_of(CustomFieldCreate)(named(f"{name}CreateInput", object))
    patch = input_of(CustomFieldUpdate)(named(f"{name}UpdateInput", object))
    wanted = filter_of(listing)(named(f"{name}Filter", object))
    looking = {f"{table}": one_of(shape, cls), f"{table}s": list_of(shape, wanted, listing)}
    extend(query, **looking)
    changing = {
        f"create_{table}": _create(shape, new, fields),
        f"update_{table}": _update(shape, patch, fields),
        f"delete_{table}": change_of(shape, fields.delete),
    }
    extend(mutation, **changing)


def _create(shape: type[Any], taken: type, fields: FieldCommands[Any]) -> Any:
    async def resolve(
        info: strawberry.Info[Context, None], input: Any, idempotency_key: str | None = None
    ) -> Any:
        new = checked(CustomFieldCreate, input)
        return await info.context.change(shape, fields.create, new, idempotency_key=idempotency_key)

    return typed(resolve, shape | Problem, input=taken)


def _update(shape: type[Any], taken: type, fields: FieldCommands[Any]) -> Any:
    async def resolve(
        info: strawberry.Info[Context, None], id: UUID, expected_version: int, input: Any
    ) -> Any:
        patch = checked(CustomFieldUpdate, input)
        return await info.context.change(
            shape, fields.update, id, patch, expected_version=expected_version
        )

    return typed(resolve, shape | Problem, input=taken)
