"""What those outside are told of an event."""

import json
from typing import Any

import pytest

from crmkit.events.envelope import REGISTRY, read
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
