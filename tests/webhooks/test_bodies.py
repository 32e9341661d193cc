"""What those outside are told of an event."""

import json
from typing import Any

import pytest

from crmkit.events.envelope import REGISTRY, read
from crmkit.events.erasure import erasable, left
from services.webhooks import bodies
from tests.compat.samples import sample


def told(name: str, changed: dict[str, Any]) -> dict[str, Any]:
    event = sample(name, REGISTRY[name].state_type)
    event["data"]["changed"] = changed
    shown: dict[str, Any] = json.loads(bodies.body(read(json.dumps(event).encode())))["data"]
    return shown


@pytest.mark.parametrize("name", ["key.created.v1", "key.rotated.v1", "key.revoked.v1"])
def test_nobody_outside_is_told_the_hash_of_a_key(name: str) -> None:
    shown = told(name, {"hash": ["a", "b"], "old_hash": [None, "a"], "name": ["ERP", "MES"]})
    assert (shown["state"]["hash"], shown["state"]["old_hash"]) == (None, None)
    assert shown["state"]["prefix"]
    assert shown["changed"] == {"name": ["ERP", "MES"]}


def test_what_is_not_private_is_told_as_it_was() -> None:
    changed = {"name": ["Li", "Wei"]}
    event = sample("member.updated.v1", REGISTRY["member.updated.v1"].state_type)["data"]
    assert told("member.updated.v1", changed) == event | {"changed": changed}


def test_uses_of_keys_are_nothing_one_can_ask_for() -> None:
    assert "key.created.v1" in bodies.told()
    assert not any("key_use" in name for name in [*bodies.told(), *REGISTRY])


def _personal(aggregate: str) -> dict[str, Any]:
    name = next(name for name, kind in REGISTRY.items() if kind.aggregate == aggregate)
    event = sample(name, REGISTRY[name].state_type)
    event["data"]["changed"] = {"version": [1, 2]} | {
        field: ["before", "after"] for field in REGISTRY[name].state_type.personal
    }
    return event


@pytest.mark.parametrize("aggregate", sorted(erasable()))
def test_a_body_is_emptied_to_what_is_made_of_the_emptied_event(aggregate: str) -> None:
    event = _personal(aggregate)
    whole = bodies.body(read(json.dumps(event).encode()))
    text = json.dumps(event["data"], ensure_ascii=False)
    emptied = event | {"data": json.loads(left(event["type"], text))}
    wanted = bodies.body(
        read(json.dumps(emptied, separators=(",", ":"), ensure_ascii=False).encode())
    )
    assert bodies.emptied(whole) == wanted != whole
    assert bodies.emptied(wanted) == wanted
    assert json.loads(wanted)["data"]["changed"] == {"version": [1, 2]}


def test_a_body_that_tells_no_state_stays_as_it_is() -> None:
    whole = bodies.body(read(json.dumps(_personal("contact")).encode()))
    assert bodies.emptied(bodies.thin(whole)) == bodies.thin(whole)
