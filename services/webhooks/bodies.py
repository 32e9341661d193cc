"""Events as those outside see them: CloudEvents without what only the broker needs."""

import json
from collections.abc import Collection
from functools import cache
from typing import Any

import msgspec

from crmkit.events.envelope import REGISTRY, Wire, private_fields
from crmkit.events.erasure import left
from crmkit.events.webhooks import EndpointDisabled, EndpointFailing, EndpointRecovered
from services.webhooks.policy import PARTNER_AGGREGATES, PERSONAL

_ALL, _OWN = "crmkit.events.", "crmkit.events.webhooks"
_NOTICES = frozenset({EndpointDisabled.type, EndpointFailing.type, EndpointRecovered.type})
"""What others may hear of endpoints; the rest of this service's events is nobody else's matter."""

_RECORDS = {
    "account": "accounts",
    "activity": "activities",
    "channel_partner": "channel-partners",
    "contact": "contacts",
    "contract": "contracts",
    "due_diligence": "due-diligence",
    "endpoint": "webhook-endpoints",
    "feedback": "feedback",
    "follow_up_plan": "follow-ups",
    "follow_up_template": "follow-up-templates",
    "forecast": "forecasts",
    "instalment": "instalments",
    "lead": "leads",
    "market_intel": "market-intel",
    "member": "members",
    "opportunity": "opportunities",
    "pipeline": "pipelines",
    "product": "products",
    "receipt": "receipts",
    "survey": "surveys",
    "survey_template": "survey-templates",
    "target": "targets",
    "work_plan": "work-plans",
}
"""Where a record may be read, by its aggregate."""

_LARGEST_BODY = 64 * 1024


@cache
def told() -> dict[str, str]:
    """Every type of event that may be asked for, with its aggregate."""
    return {
        name: kind.aggregate
        for name, kind in REGISTRY.items()
        if name in _NOTICES or (kind.__module__.startswith(_ALL) and kind.__module__ != _OWN)
    }


def is_told(event: Wire) -> bool:
    """Whether the feed takes an event in; one that a newer service tells need not be known here."""
    kind = REGISTRY.get(event.type)
    return kind is None or kind.__module__ != _OWN or event.type in _NOTICES


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


def emptied(text: str) -> str:
    """The same without what told of a person, as `body` makes it of the event that was emptied; of
    a thin one, or one whose data was too large, nothing has to go."""
    event: dict[str, Any] = json.loads(text)
    data = event.pop("data")
    if "state" not in data or "links" in data:
        return text
    head = json.dumps(event, separators=(",", ":"))
    rest = left(event["type"], json.dumps(data)).decode()
    text = f'{head[:-1]},"data":{rest}}}'
    private = private_fields(event["type"])
    return masked(text, private) if private else text


def fitted(text: str) -> str:
    """The same, or without its data where it is larger than receivers take (64 KiB)."""
    if len(text.encode()) <= _LARGEST_BODY:
        return text
    event: dict[str, Any] = json.loads(text)
    event["data"] = {"state": {"id": event["subject"]}, "changed": {}, "links": _links(event)}
    return json.dumps(event | {"truncated": True}, separators=(",", ":"), ensure_ascii=False)


def thin(text: str) -> str:
    """The same with ids, version and where to read the rest in place of the data."""
    event: dict[str, Any] = json.loads(text)
    version = event["aggregateversion"]
    event["data"] = {"id": event["subject"], "version": version, "links": _links(event)}
    return json.dumps(event, separators=(",", ":"), ensure_ascii=False)


def shapes(text: str) -> tuple[str, str | None, str]:
    """What endpoints are sent: the whole event, what a partner may see of it, and the thin one."""
    whole = fitted(text)
    aggregate = json.loads(whole)["type"].split(".", maxsplit=1)[0]
    seen = masked(whole, PERSONAL) if aggregate in PARTNER_AGGREGATES else None
    return whole, seen, thin(text)


def _links(event: dict[str, Any]) -> dict[str, str]:
    links = {"event": f"/v1/events?event_id={event['id']}"}
    plural = _RECORDS.get(event["type"].split(".", maxsplit=1)[0])
    return links | ({"record": f"/v1/{plural}/{event['subject']}"} if plural else {})


def _instant(value: Any) -> str:
    text: str = msgspec.to_builtins(value)
    return text
