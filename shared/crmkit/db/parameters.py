"""The parameters of lists, how they are described, and what is said of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NoReturn

import msgspec

from crmkit.db.kinds import LONGEST_TEXT, MOST_VALUES, Kind
from crmkit.kernel.errors import Invalid

CUSTOM_SAYS = """A tenant's own fields filter as `custom.<key>`, typed like the others: any of
several values, or for numbers, money, days and instants also `custom.<key>_gte`, `_gt`, `_lte` and
`_lt`; `custom.<key>_null=true` where it is missing. In GraphQL `filter: {custom: {size_gte: "5"}}`.
"""
VIEW = (
    "view",
    {"type": "string", "format": "uuid"},
    "a saved view: its filters, order and fields (with `id` and `version`). A parameter of the same"
    " name takes the place of the view's, all others narrow it further",
)
SEGMENT = "segment_id"
"""A filter by what a segment asks, which narrows the list further."""
VIEWED = {
    "responses": {
        "404": {"$ref": "#/components/responses/NotFound"},
        "409": {"$ref": "#/components/responses/Conflict"},
    }
}
"""A view may be none of the caller's, or name what is not there any more."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One filter; `operator` is `in`, `null` or a comparison."""

    column: str
    operator: str
    kind: Kind


def document(name: str, known: Parameter) -> dict[str, Any]:
    """A filter as OpenAPI describes it."""
    schema = known.kind.schema
    if known.operator == "in":
        schema = {"type": "array", "items": schema, "minItems": 1, "maxItems": MOST_VALUES}
    says = {"in": "is any of these", "null": "is missing", "q": known.kind.searches}
    says["segment"] = "is that of a record of this segment"
    return described(name, schema, f"{known.column} {says.get(known.operator, known.operator)}")


def described(name: str, schema: Mapping[str, Any], text: str) -> dict[str, Any]:
    """A parameter of a query."""
    array = {"style": "form", "explode": False} if schema["type"] == "array" else {}
    return {"name": name, "in": "query", "description": text, "schema": schema} | array


def refuse(name: str, message: str, code: str = "parameter.invalid") -> NoReturn:
    """Raise Invalid of one parameter."""
    raise Invalid.field(name[:LONGEST_TEXT], code, f"{name[:LONGEST_TEXT]}: {message}")


def rendered(value: Any) -> str:
    """A value as a query writes it."""
    plain = f"{value:f}" if isinstance(value, Decimal) else msgspec.to_builtins(value)
    return plain if isinstance(plain, str) else msgspec.json.encode(plain).decode()
