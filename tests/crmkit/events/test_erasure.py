"""What an erasure leaves of an event."""

import hashlib
import json
from typing import Any
from uuid import UUID

import msgspec
import pytest

from crmkit.events.envelope import REGISTRY, State, canonical
from crmkit.events.erasure import (
    blanks,
    erasable,
    is_emptied,
    is_erasure,
    left,
    left_as_told,
    remains,
)
from crmkit.events.leads_accounts import ContactState

ONE, TWO = UUID(int=1), UUID(int=2)
STATES = {kind.aggregate: kind.state_type for kind in REGISTRY.values() if kind.state_type.personal}
QUESTIONS = {
    *("leads_view", "segment"),
    *(f"{kind}_job" for kind in ("account", "activity", "contact", "feedback", "lead", "visit")),
}
"""What asked for somebody: it is deleted or has ended, and nothing is written to it any more."""
FIRST = {kind.aggregate: name for name, kind in reversed(REGISTRY.items())}


@pytest.mark.parametrize("aggregate", sorted(STATES))
def test_of_every_state_what_is_personal_goes_and_the_rest_stays(aggregate: str) -> None:
    state = STATES[aggregate]
    told = dict.fromkeys(state.__struct_fields__, "mark")
    data = canonical({"state": told, "changed": {n: ["mark", "mark"] for n in told}}).decode()
    rest = json.loads(left(FIRST[aggregate], data))
    assert {n for n, value in rest["state"].items() if value == "mark"} == (
        set(told) - state.personal
    )
    assert rest["changed"].keys() == told.keys() - state.personal
    assert rest["erased"] is True
    assert left(FIRST[aggregate], canonical(rest).decode()) == canonical(rest)


@pytest.mark.parametrize("aggregate", sorted(STATES))
def test_every_state_that_tells_of_a_person_can_be_erased(aggregate: str) -> None:
    state = STATES[aggregate]
    assert aggregate in erasable()
    assert ("erased_at" in state.__struct_fields__) != (aggregate in QUESTIONS)
    assert state.personal <= set(state.__struct_fields__)
    empty: dict[str, Any] = {f: blanks(state)[f] for f in state.personal}
    hints = {field.name: field.type for field in msgspec.structs.fields(state)}
    for name, value in empty.items():
        assert msgspec.convert(value, hints[name]) == value


def test_nobody_else_says_that_they_were_erased() -> None:
    assert erasable() == STATES.keys()
    assert is_erasure("contact.erased.v1")
    assert not is_erasure("contact.deleted.v1")


def test_an_older_event_gets_no_field_that_it_did_not_tell() -> None:
    rest = json.loads(left("contact.created.v1", '{"changed":{},"state":{"name":"x"}}'))
    assert rest["state"] == {"name": ""}


def test_what_is_of_no_known_type_keeps_all() -> None:
    data = '{"changed":{},"state":{"name":"x"}}'
    assert json.loads(left("nosuch.made.v1", data))["state"] == {"name": "x"}


def test_what_remains_is_told_in_one_digest_whatever_the_order() -> None:
    events = [(TWO, b"b"), (ONE, b"a")]
    parts = [event.bytes + hashlib.sha256(data).digest() for event, data in sorted(events)]
    assert remains(events) == hashlib.sha256(b"".join(parts)).hexdigest() == remains(events[::-1])
    assert remains([(ONE, b"b"), (TWO, b"a")]) != remains(events)


def test_what_was_left_is_compared_with_what_was_told() -> None:
    erased = (ONE, "contact.created.v1", "{}")
    teller = (TWO, "contact.erased.v1", '{"remains":"x"}')
    kept, told = left_as_told([erased, teller])
    assert (kept, told) == (remains([(ONE, b"{}")]), "x")
    assert left_as_told([erased]) == (kept, "")
    assert left_as_told([teller]) == ("", "")


def test_only_what_says_so_at_its_top_is_emptied() -> None:
    assert is_emptied(b'{"changed":{},"erased":true,"state":{}}')
    assert not is_emptied(b'{"changed":{},"state":{"custom":{"erased":true}}}')


def test_a_field_that_cannot_be_emptied_is_refused() -> None:
    class Broken(State):
        personal = frozenset({"age"})
        age: int

    with pytest.raises(TypeError, match="cannot be emptied"):
        blanks(Broken)
    assert blanks(ContactState)["name"] == ""
