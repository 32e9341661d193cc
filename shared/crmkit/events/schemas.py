"""JSON Schema of every published event: what a consumer in any language may rely on."""

from typing import Any

import msgspec

from crmkit.events.envelope import REGISTRY, Event, Wire

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schemas() -> dict[str, dict[str, Any]]:
    """By event type, the schema of the whole CloudEvent."""
    return {name: schema(name) for name in sorted(REGISTRY)}


def schema(name: str) -> dict[str, Any]:
    """The schema of one event type, complete in itself; KeyError where there is none."""
    event = REGISTRY[name]
    envelope, parts = described(event, "#/$defs/{name}")
    return {"$schema": _DIALECT, "$id": f"urn:dealstream:event:{name}", **envelope, "$defs": parts}


def described(event: type[Event[Any]], ref_template: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The schema of an event, and by name what it refers to as `ref_template` says."""
    (_, state), parts = msgspec.json.schema_components(
        [Wire, event.state_type], ref_template=ref_template
    )
    envelope = parts.pop(Wire.__name__)
    envelope["properties"] |= {
        "type": {"const": event.type},
        "data": {
            "type": "object",
            "required": ["state", "changed"],
            "properties": {
                "state": state,
                "changed": {
                    "type": "object",
                    "description": "field -> [before, after]",
                    "additionalProperties": {"type": "array", "minItems": 2, "maxItems": 2},
                },
            },
        },
    }
    return envelope | {"title": event.__name__, "description": event.__doc__}, parts
