"""REST of custom fields: `/v1/<plural>/custom-fields`."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response

from crmkit.components.custom import CustomField, FieldCommands
from crmkit.components.custom_schemas import (
    CustomFieldCreate,
    CustomFieldRead,
    CustomFieldUpdate,
)
from crmkit.components.enums import enums
from crmkit.components.history import history
from crmkit.components.kinds import FieldKind
from crmkit.db.listing import Listing
from crmkit.db.rows import plan
from crmkit.web.answers import Page
from crmkit.web.edge import Edge, Matched


def custom_fields(router: APIRouter, fields: FieldCommands[Any], listing: Listing) -> None:
    """Add `/custom-fields` to a room's router; call it before the room's `/{id}` routes."""
    inner = APIRouter(prefix=f"{router.prefix}/custom-fields", tags=router.tags)
    enums(inner, {"kind": FieldKind})
    cls: type[CustomField] = fields.cls
    table = plan(cls).table

    @inner.post("", status_code=201, response_model=CustomFieldRead, name=f"create_{table}")
    async def create_custom_field(new: CustomFieldCreate, edge: Edge) -> Response:
        """Add a field of the tenant's own; its key and kind are for good."""
        return edge.created(CustomFieldRead, await edge.write(fields.create, new))

    @inner.get(
        "",
        response_model=Page[CustomFieldRead],
        openapi_extra=listing.openapi(),
        name=f"list_{table}s",
    )
    async def list_custom_fields(edge: Edge) -> Response:
        found = await listing.find(edge.reading, edge.listing(listing))
        return edge.page(CustomFieldRead, fields.cls, found)

    @inner.get("/{field_id}", response_model=CustomFieldRead, name=f"get_{table}")
    async def get_custom_field(field_id: UUID, edge: Edge) -> Response:
        return edge.shown(CustomFieldRead, await edge.get(fields.cls, field_id))

    @inner.patch("/{field_id}", response_model=CustomFieldRead, name=f"update_{table}")
    async def update_custom_field(
        field_id: UUID, patch: CustomFieldUpdate, edge: Matched
    ) -> Response:
        """Change what a field is called, takes or demands; `active: false` puts it out of use."""
        return edge.changed(CustomFieldRead, await edge.write(fields.update, field_id, patch))

    @inner.delete("/{field_id}", status_code=204, name=f"delete_{table}")
    async def delete_custom_field(field_id: UUID, edge: Edge) -> Response:
        """Take a field away; the values stay where they are, and the key is not given again."""
        await edge.write(fields.delete, field_id)
        return edge.gone()

    history(inner, fields.cls)
    router.routes.extend(inner.routes)
