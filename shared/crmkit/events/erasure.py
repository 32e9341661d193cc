"""删除个人信息 what an erasure leaves of events: everything but what their states call personal.

Salt and personal fields go, the digest stays, so the ledger's chain holds. What is left cannot be
proved by that digest any more; the event that tells of the erasure, which is in the chain itself,
carries a digest of all that it left (`remains`), so nothing passes for erased that was rewritten.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from functools import cache
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from crmkit.events.envelope import REGISTRY, State, canonical

_SUFFIX = ".erased.v1"
_MARKED = b'"erased":true'
MARK = "erased"
"""Of `data` that was erased; true."""

REMAINS = "remains"
"""Of `data` of the event that tells of an erasure: see `remains`."""


def is_erasure(type: str) -> bool:
    """Whether events of this type tell that their record's personal fields were emptied."""
    return type.endswith(_SUFFIX)


def is_emptied(data: bytes) -> bool:
    """Whether `data` of an event says that it was erased."""
    return _MARKED in data and MARK in json.loads(data)


@cache
def erasable() -> frozenset[str]:
    """The aggregates that can be erased: those with an event that tells of it."""
    return frozenset(kind.aggregate for name, kind in REGISTRY.items() if is_erasure(name))


@cache
def blanks(state: type[State]) -> Mapping[str, Any]:
    """What an erasure makes of each personal field: '' or {} or [], else null."""
    hints = get_type_hints(state)
    return {name: _blank(hints[name]) for name in sorted(state.personal)}


def left(type: str, data: str) -> bytes:
    """What an erasure leaves of an event's `data`, in canonical form; a type that is not known, or
    tells of nobody, keeps all of it."""
    known = REGISTRY.get(type)
    empty = blanks(known.state_type) if known else {}
    told: dict[str, Any] = json.loads(data)
    state = told["state"]
    state |= {name: value for name, value in empty.items() if name in state}
    changed = {name: pair for name, pair in told["changed"].items() if name not in empty}
    return canonical({"changed": changed, MARK: True, "state": state})


def remains(events: Iterable[tuple[UUID, bytes]]) -> str:
    """SHA-256, in hexadecimal, over the erased events' ids and the SHA-256 of what is left of each,
    in the order of their ids."""
    whole = hashlib.sha256()
    for event_id, data in sorted(events):
        whole.update(event_id.bytes + hashlib.sha256(data).digest())
    return whole.hexdigest()


def left_as_told(events: Iterable[tuple[UUID, str, str]]) -> tuple[str, str]:
    """Of a record's erased events, and the one that tells of the erasure, as id, type and data: the
    digest of what is left, and the one that was told; each '' where there is none."""
    emptied, told = [], ""
    for event_id, kind, data in events:
        if is_erasure(kind):
            told = json.loads(data).get(REMAINS, "")
        else:
            emptied.append((event_id, data.encode()))
    return remains(emptied) if emptied else "", told if emptied else ""


def _blank(hint: Any) -> Any:
    kinds = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    plain = [get_origin(kind) or kind for kind in kinds]
    if dict in plain or list in plain:
        return {} if dict in plain else []
    if NoneType in plain:
        return None
    if plain == [str]:
        return ""
    raise TypeError(f"a personal field of {hint} cannot be emptied")
