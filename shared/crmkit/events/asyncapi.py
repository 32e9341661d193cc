"""AsyncAPI 3 of all that is published: a channel for each aggregate, a message for each event."""

from typing import Any

from crmkit.events.envelope import REGISTRY, Event, topic
from crmkit.events.schemas import described

_SCHEMA = "#/components/schemas/{name}"
_CLOUD_EVENT = "application/cloudevents+json"
_ABOUT = """
Every change of every record is an event: a CloudEvent 1.0 in structured mode, with the whole state
after it and what it changed. Within a partition events keep their order; an event may come twice,
and then has the same `id` and the same `aggregateversion`. Fields are added, never removed or
retyped: ignore what you do not know. The same events are at `GET /v1/events`, as a stream at
`GET /v1/events/stream`, and come to webhooks.
"""


def asyncapi() -> dict[str, Any]:
    """The document of all services."""
    channels: dict[str, Any] = {}
    operations: dict[str, Any] = {}
    messages: dict[str, Any] = {}
    parts: dict[str, Any] = {}
    for name in sorted(REGISTRY):
        event = REGISTRY[name]
        channel = channels.setdefault(event.aggregate, _channel(event))
        channel["messages"][event.__name__] = {"$ref": f"#/components/messages/{event.__name__}"}
        operations[f"publish_{event.aggregate}"] = _operation(event)
        payload, more = described(event, _SCHEMA)
        parts |= more
        messages[event.__name__] = _message(event, payload)
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Dealstream events", "version": "1", "description": _ABOUT.strip()},
        "defaultContentType": _CLOUD_EVENT,
        "channels": channels,
        "operations": operations,
        "components": {"messages": messages, "schemas": dict(sorted(parts.items()))},
    }


def _channel(event: type[Event[Any]]) -> dict[str, Any]:
    return {
        "address": topic(event.aggregate),
        "description": (event.state_type.__doc__ or "").split("\n")[0],
        "messages": {},
    }


def _operation(event: type[Event[Any]]) -> dict[str, Any]:
    return {
        "action": "send",
        "channel": {"$ref": f"#/channels/{event.aggregate}"},
        "summary": f"Sent by {event.__module__.rpartition('.')[2].partition('_')[0]}.",
    }


def _message(event: type[Event[Any]], payload: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": event.type,
        "title": event.__name__,
        "summary": event.__doc__,
        "contentType": _CLOUD_EVENT,
        "payload": payload,
        "bindings": {
            "kafka": {"key": {"type": "string", "description": "tenant:aggregate id"}},
        },
    }
