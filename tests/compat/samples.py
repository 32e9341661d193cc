"""One event of each type, as it is first published: what consumers of all times can read."""

import json
from pathlib import Path
from typing import Any

import msgspec

from crmkit.events.envelope import REGISTRY, State

_ID = "01890a5d-ac96-774b-bcce-b302099a8057"
_INSTANT = "2026-03-31T16:00:00Z"


def keep(folder: Path) -> None:
    """Write those that are not there; what is there stays as it is for ever."""
    folder.mkdir(exist_ok=True)
    for name, event in REGISTRY.items():
        path = folder / f"{name}.json"
        if not path.exists():
            path.write_text(json.dumps(sample(name, event.state_type), indent=1) + "\n")


def sample(name: str, state: type[State]) -> dict[str, Any]:
    """An event of that type, every field of its state filled."""
    filled = {field.name: _value(field.type) for field in _fields(state)}
    return {
        "specversion": "1.0",
        "id": _ID,
        "source": "/sample",
        "type": name,
        "subject": _ID,
        "time": _INSTANT,
        "tenantid": _ID,
        "aggregateversion": 1,
        "recordedat": _INSTANT,
        "actor": f"member:{_ID}",
        "position": 1,
        "previous": 0,
        "data": {"state": filled | {"id": _ID}, "changed": {}},
    }


def _fields(state: type[State]) -> tuple[msgspec.inspect.Field, ...]:
    told = msgspec.inspect.type_info(state)
    assert isinstance(told, msgspec.inspect.StructType)
    return told.fields


def _value(kind: msgspec.inspect.Type) -> Any:
    match kind:
        case msgspec.inspect.UnionType():
            return _value(
                next(t for t in kind.types if not isinstance(t, msgspec.inspect.NoneType))
            )
        case msgspec.inspect.StructType():
            return {field.name: _value(field.type) for field in kind.fields}
        case msgspec.inspect.ListType() | msgspec.inspect.VarTupleType():
            return [_value(kind.item_type)]
        case msgspec.inspect.DictType():
            return {}
    return _PLAIN[type(kind)]


_PLAIN: dict[type[msgspec.inspect.Type], Any] = {
    msgspec.inspect.UUIDType: _ID,
    msgspec.inspect.DateTimeType: _INSTANT,
    msgspec.inspect.DateType: "2026-03-31",
    msgspec.inspect.DecimalType: "12.50",
    msgspec.inspect.IntType: 3,
    msgspec.inspect.BoolType: True,
    msgspec.inspect.StrType: "文",
    msgspec.inspect.AnyType: None,
}
