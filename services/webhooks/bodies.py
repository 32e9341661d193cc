"""Events as those outside see them: CloudEvents without what only the broker needs."""

import json
from collections.abc import Collection
from functools import cache
from typing import Any

import msgspec

from crmkit.events.envelope import REGISTRY, Wire, private_fields

_ALL, _OWN = "crmkit.events.", "crmkit.events.webhooks"
_LARGEST_BODY = 64 * 1024


@cache
def told() -> dict[str, str]:
    """Every type of event of the other services, with its aggregate."""
    return {
        name: kind.aggregate
        for name, kind in REGISTRY.items()
        if kind.__module__.startswith(_ALL) and kind.__module__ != _OWN
    }


def body(event: Wire) -> str:
    """CloudEvents 1.0, structured mode; `data` is as it was told, but for private fields."""
    head = {
        "specversion": "1.0",
        "id": str(event.id),
        "source": event.source,
        "type": event.type,
        "subject": str(event.subject),
        "time": _instant(event.time),
        "datacontenttype": "application/json",
        "tenantid": str(event.tenantid),
        "aggregateversion": event.aggregateversion,
        "recordedat": _instant(event.recordedat),
        "actor": event.actor,
    }
    if event.causationid:
        head["causationid"] = str(event.causationid)
    if event.traceparent:
        head["traceparent"] = event.traceparent
    text = f'{json.dumps(head, separators=(",", ":"))[:-1]},"data":{bytes(event.data).decode()}}}'
    private = private_fields(event.type)
    return masked(text, private) if private else text


def masked(text: str, masks: Collection[str]) -> str:
    """The same without what these masks hide: null in the state, nothing among the changes."""
    event = json.loads(text)
    data = event["data"]
    for name in masks & data["state"].keys():
        data["state"][name] = None
    for name in masks & data.get("changed", {}).keys():
        del data["changed"][name]
    return json.dumps(event, separators=(",", ":"), ensure_ascii=False)


def fitted(text: str) -> str:
    """The same, or without its data where it is larger than receivers take (64 KiB)."""
    if len(text.encode()) <= _LARGEST_BODY:
        return text
    event: dict[str, Any] = json.loads(text)
    event["data"] = {"state": {"id": event["subject"]}, "changed": {}}
    return json.dumps(event | {"truncated": True}, separators=(",", ":"), ensure_ascii=False)


def _instant(value: Any) -> str:
    text: str = msgspec.to_builtins(value)
    return text
